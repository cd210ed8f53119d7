# Reference results for cross-lagged panels: lm with clubSandwich, lavaan; run by generate.py.
suppressPackageStartupMessages({library(clubSandwich); library(lavaan); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
read <- function(name) read.csv(file.path(args[1], paste0(name, ".csv")))
d <- read("firms")
d$cell <- factor(paste(d$sector, d$year))
d$at <- factor(d$year)
terms <- c("0", "at:wage_before", "at:work_before", "at:capital_before", "cell")
m <- lm(reformulate(terms, "cbind(work_later, wage_later)"), d)
V <- as.matrix(vcovCR(m, cluster = d$sector, type = "CR2"))
# The mean over the years of the path from one measure to another.
wanted <- list(c("work_later", "wage_before"), c("wage_later", "work_before"), c("wage_later", "wage_before"),
               c("work_later", "work_before"))
labels <- rownames(V)
means <- t(vapply(wanted, function(one) {
  hit <- startsWith(labels, paste0(one[1], ":at")) & endsWith(labels, paste0(":", one[2]))
  hit / sum(hit)
}, numeric(length(labels))))
b <- setNames(as.vector(coef(m)), paste(rep(colnames(coef(m)), each = nrow(coef(m))), rownames(coef(m)), sep = ":"))
estimates <- as.vector(means %*% b[labels])
degrees <- function(outcome, name) {
  one <- lm(reformulate(terms, outcome), d)
  hit <- startsWith(names(coef(one)), "at") & endsWith(names(coef(one)), paste0(":", name))
  linear_contrast(one, vcov = vcovCR(one, cluster = d$sector, type = "CR2"),
                  contrasts = matrix(hit / sum(hit), 1), test = "Satterthwaite")$df
}
spread <- function(name) sqrt(mean(tapply(d[[name]], d$year, var)))
firms <- list(n_rows = nrow(d), names = c("forward", "backward", "first_carried", "second_carried"),
              estimates = estimates, covariance = unname(means %*% V %*% t(means)),
              df = vapply(wanted, function(one) degrees(one[1], one[2]), 0),
              forward_per_sd = estimates[1] * spread("wage_before") / spread("work_later"),
              backward_per_sd = estimates[2] * spread("work_before") / spread("wage_later"))

w <- read("workers")
names <- setdiff(names(w), "group")
for (name in names) w[[name]] <- w[[name]] - ave(w[[name]], w$group)
model <- "
  lw =~ 1*weeks_0 + 1*weeks_1 + 1*weeks_2
  lg =~ 1*wage_0 + 1*wage_1 + 1*wage_2
  a0 =~ 1*weeks_0
  a1 =~ 1*weeks_1
  a2 =~ 1*weeks_2
  b0 =~ 1*wage_0
  b1 =~ 1*wage_1
  b2 =~ 1*wage_2
  weeks_0 ~~ 0*weeks_0
  weeks_1 ~~ 0*weeks_1
  weeks_2 ~~ 0*weeks_2
  wage_0 ~~ 0*wage_0
  wage_1 ~~ 0*wage_1
  wage_2 ~~ 0*wage_2
  b1 ~ forward*a0 + second_carried*b0
  b2 ~ forward*a1 + second_carried*b1
  a1 ~ first_carried*a0 + backward*b0
  a2 ~ first_carried*a1 + backward*b1
  a0 ~~ b0
  a1 ~~ b1
  a2 ~~ b2
  lw ~~ lw + lg
  lg ~~ lg
  lw ~~ 0*a0 + 0*b0
  lg ~~ 0*a0 + 0*b0
"
fit <- lavaan(model, w[, names], auto.var = TRUE, meanstructure = FALSE, se = "robust.sem")
p <- parameterEstimates(fit)
value <- function(name, what) p[match(name, p$label), what]
level <- function(name) p$est[p$lhs == name & p$op == "~~" & p$rhs == name]
order <- c("forward", "backward", "first_carried", "second_carried")
workers <- list(n_people = nrow(w), names = order, estimates = value(order, "est"), errors = value(order, "se"),
                levels = c(level("lw"), level("lg")), parameters = lavInspect(fit, "npar") - sum(lavInspect(fit, "list")$op == "=="), converged = lavInspect(fit, "converged"))
write(toJSON(list(firms = firms, workers = workers), digits = I(12), auto_unbox = TRUE, pretty = TRUE), args[2])
