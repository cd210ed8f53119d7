# Reference results for imputed answers; run by generate.py.
# Each set is imputed by R's mice: numbers by predictive mean matching (5 donors), categories by polytomous
# regression, school children by a linear mixed model; the analyses are pooled by mice::pool and by mitools.
suppressPackageStartupMessages({library(mice); library(mitools); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
read <- function(name) read.csv(file.path(args[1], paste0(name, ".csv")), stringsAsFactors = TRUE)
COPIES <- 100

# One analysis of all copies: estimates, standard errors, spread between copies, df, fraction missing.
pooled <- function(copies, analyse, complete) {
  fits <- lapply(copies, analyse)
  q <- sapply(fits, function(f) f$beta); u <- sapply(fits, function(f) f$variance)
  q <- matrix(q, ncol = length(copies)); u <- matrix(u, ncol = length(copies))
  by_mice <- lapply(seq_len(nrow(q)), function(k) pool.scalar(q[k, ], u[k, ], n = complete[k] + 1, k = 1))
  # mitools takes one complete df for all terms: one call for each term
  by_mitools <- lapply(seq_len(nrow(q)), function(k)
    MIcombine(as.list(q[k, ]), as.list(u[k, ]), df.complete = complete[k]))
  get <- function(of, name) sapply(of, function(p) unname(p[[name]]))
  list(estimate = get(by_mice, "qbar"), std_error = sqrt(get(by_mice, "t")), between = get(by_mice, "b"),
       df = get(by_mice, "df"), fraction = get(by_mice, "fmi"),
       mitools_estimate = sapply(by_mitools, coef), mitools_std_error = sapply(by_mitools, function(p) sqrt(drop(vcov(p)))),
       mitools_df = sapply(by_mitools, function(p) p$df), complete_df = complete,
       # the first ten copies' own fits, from which pooling itself is tested
       few = list(beta = q[, 1:10], variance = u[, 1:10]))
}
few_pooled <- function(result) {
  few <- result$few
  again <- pooled(as.list(1:10), function(k) list(beta = few$beta[, k], variance = few$variance[, k]), result$complete_df)
  result$few$pooled <- again[c("estimate", "std_error", "df", "fraction", "mitools_std_error", "mitools_df")]
  result
}
all_copies <- function(imp) lapply(seq_len(imp$m), function(k) complete(imp, k))
linear <- function(formula, copy) {
  fit <- lm(formula, copy)
  list(beta = unname(coef(fit)), variance = unname(diag(vcov(fit))))
}
average <- function(x) list(beta = mean(x), variance = var(x) / length(x))
both <- function(...) { parts <- list(...); list(beta = unlist(lapply(parts, `[[`, "beta")), variance = unlist(lapply(parts, `[[`, "variance"))) }

help <- read("help")
imp <- mice(help, m = COPIES, maxit = 10, method = "pmm", donors = 5, printFlag = FALSE, seed = 1)
n <- nrow(help)
help_result <- pooled(all_copies(imp), function(copy) both(
  average(copy$CES_D_12), average(copy$MCS_24), average(copy$DRUGRISK_12),
  linear(CES_D_24 ~ CES_D_0 + GROUP, copy), linear(MCS_24 ~ MCS_12 + MCS_0, copy)),
  c(rep(n - 1, 3), rep(n - 3, 6)))

schools <- read("schools")
schools$school <- as.integer(factor(schools$school)); schools$const <- 1
predict <- make.predictorMatrix(schools); predict[,] <- 0
predict["exam", c("reading", "girl", "mixed", "const")] <- c(1, 1, 1, 2); predict["exam", "school"] <- -2
method <- make.method(schools); method[] <- ""; method["exam"] <- "2l.lmer"
imp <- mice(schools, m = COPIES, maxit = 1, method = method, predictorMatrix = predict, printFlag = FALSE, seed = 2)
J <- length(unique(schools$school)); n <- nrow(schools)
by_school <- function(copy) {
  means <- tapply(copy$exam, copy$school, mean); kind <- tapply(copy$mixed, copy$school, mean) > 0.5
  a <- means[kind]; b <- means[!kind]
  spread <- (var(a) * (length(a) - 1) + var(b) * (length(b) - 1)) / (length(a) + length(b) - 2)
  inner <- lm(exam ~ reading + girl + factor(school), copy)
  both(average(means), list(beta = mean(a) - mean(b), variance = spread * (1 / length(a) + 1 / length(b))),
       list(beta = unname(coef(inner)[2:3]), variance = unname(diag(vcov(inner))[2:3])))
}
school_result <- pooled(all_copies(imp), by_school, c(J - 1, J - 2, n - J - 2, n - J - 2))

wages <- read("wages")
imp <- mice(wages, m = COPIES, maxit = 10, method = c(wages = "pmm", education = "", age = "", male = "", language = "polyreg"),
            donors = 5, printFlag = FALSE, seed = 3)
n <- nrow(wages)
of_language <- function(copy) {
  copy$french <- as.numeric(copy$language == "French"); copy$other <- as.numeric(copy$language == "Other")
  both(average(copy$french), average(copy$other), average(copy$wages),
       linear(wages ~ education + age + french + other, copy), linear(french ~ education + age, copy))
}
wage_result <- pooled(all_copies(imp), of_language, c(rep(n - 1, 3), rep(n - 5, 5), rep(n - 3, 3)))

write_json(list(versions = list(R = R.version.string, mice = as.character(packageVersion("mice")),
                                mitools = as.character(packageVersion("mitools"))), copies = COPIES,
                help = few_pooled(help_result), schools = few_pooled(school_result), wages = few_pooled(wage_result)),
           args[2], digits = NA, auto_unbox = TRUE)
