# Natural effects through two mediators in order, a count and a share, in 250 people of a public trial: every sum
# over the count's beta-binomial law and every integral over the share's beta law written out.
#
#   Rscript two_mediators.R
#
# reads jobs.csv, which natural_effects.R writes, and writes two_mediators.json beside it. Needs jsonlite.

suppressMessages(library(jsonlite))

two_mediators <- function(data, covariates, size) {
  right <- paste(covariates, collapse = " + ")
  data$first <- data$count / size
  fit <- function(text, family) suppressWarnings(glm(as.formula(paste(text, "+", right)), family, data))
  model_1 <- fit("first ~ treat", quasibinomial)
  model_2 <- fit("second ~ treat * first", quasibinomial)
  alone_2 <- fit("second ~ treat", quasibinomial)
  model_y <- fit("working ~ treat * first + treat * second", binomial)
  spread <- function(model, y, step) {
    m <- fitted(model)
    pearson <- by_arm((y - m) / sqrt(m * (1 - m)), data$treat, length(coef(model)))
    pmin(pmax((pearson - step) / (1 - step), 0), 0.99)
  }
  by_arm <- function(residuals, treat, parameters) sapply(0:1, function(a)
    sum(residuals[treat == a]^2) / (sum(treat == a) * (1 - parameters / length(treat))))
  r1 <- spread(model_1, data$first, 1 / size); r2 <- spread(model_2, data$second, 0)
  r2_alone <- spread(alone_2, data$second, 0)
  count_law <- function(m, r) {
    if (r == 0) return(dbinom(0:size, size, m))
    s <- 1 / r - 1
    k <- 0:size
    choose(size, k) * exp(lbeta(k + m * s, size - k + (1 - m) * s) - lbeta(m * s, (1 - m) * s))
  }
  b <- coef(model_y)
  respond <- function(base, a, m1, m2) plogis(
    base + (b[["first"]] + a * b[["treat:first"]]) * m1 + (b[["second"]] + a * b[["treat:second"]]) * m2)
  at <- function(model, treat, first = 0, second = 0) {
    rows <- data
    rows$treat <- treat; rows$first <- first; rows$second <- second
    predict(model, rows, type = "link")
  }
  cell <- function(a, s1, s2, dependent) {
    base <- at(model_y, a)
    mean_1 <- plogis(at(model_1, s1))
    total <- 0
    means_2 <- lapply(0:size, function(k) plogis(
      if (dependent) at(model_2, s2, first = k / size) else at(alone_2, s2)))
    s <- 1 / (if (dependent) r2 else r2_alone)[s2 + 1] - 1
    for (i in seq_len(nrow(data))) {
      chance <- count_law(mean_1[i], r1[s1 + 1])
      for (k in 0:size) {
        m <- means_2[[k + 1]][i]
        # by the quantile function: the density of a beta law may be infinite at its ends
        own <- integrate(function(p) respond(base[i], a, k / size, qbeta(p, m * s, (1 - m) * s)), 0, 1,
                         rel.tol = 1e-8, subdivisions = 500)$value
        total <- total + chance[k + 1] * own
      }
    }
    total / nrow(data)
  }
  y <- list(
    exposed = cell(1, 1, 1, TRUE), exposed_mediators_unexposed = cell(1, 0, 0, TRUE),
    unexposed = cell(0, 0, 0, TRUE), unexposed_mediators_exposed = cell(0, 1, 1, TRUE),
    first_unexposed = cell(1, 0, 1, TRUE), apart = cell(1, 1, 1, FALSE),
    apart_first_unexposed = cell(1, 0, 1, FALSE), apart_second_unexposed = cell(1, 1, 0, FALSE))
  list(people = nrow(data), spread_first = r1, spread_second = r2, cells = y)
}

of_jobs <- c("econ_hard", "sex", "age", "depress1", "nonwhite")
jobs <- read.csv("jobs.csv")
jobs <- head(na.omit(jobs[, c("treat", "job_disc", "depress2", "working", of_jobs)]), 250)
jobs$count <- jobs$job_disc - 1
jobs$second <- (jobs$depress2 - 1) / 4
answer <- c(list(command = "Rscript two_mediators.R", R = R.version.string), two_mediators(jobs, of_jobs, 4))
write_json(answer, "two_mediators.json", digits = 10, auto_unbox = TRUE, pretty = TRUE)
