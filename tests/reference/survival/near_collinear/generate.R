# Covariates that are nearly alike, where coxph converges: survival::lung and survival::heart, tightened.
#     Rscript tests/reference/survival/near_collinear/generate.R tests/reference/survival/near_collinear
# age_again: age and a fiftieth of a year's noise; years: the calendar year and its square.
suppressPackageStartupMessages({library(survival); library(jsonlite)})
folder <- commandArgs(trailingOnly = TRUE)[1]
control <- coxph.control(eps = 1e-12, toler.chol = 1e-16, iter.max = 100)
told <- function(m) list(beta = unname(coef(m)), std_error = unname(sqrt(diag(vcov(m)))), log_likelihood = m$loglik[2])
set.seed(1)
l <- lung[complete.cases(lung[, c("ph.ecog", "wt.loss")]), ]
l <- data.frame(start = 0, stop = l$time, event = l$status - 1, age = l$age, again = round(l$age + rnorm(nrow(l), 0, .02), 4), sex = l$sex)
h <- data.frame(start = heart$start, stop = heart$stop, event = heart$event, age = round(heart$age, 4), year = round(heart$year, 4) + 2026)
h$square <- h$year^2
write.csv(l, file.path(folder, "age_again.csv"), row.names = FALSE)
write.csv(format(h, digits = 15, trim = TRUE), file.path(folder, "years.csv"), row.names = FALSE, quote = FALSE)
centered <- transform(h, square = (year - mean(year))^2, year = year - mean(year))
# Of the raw square coxph has few digits left; the model is that of the centered year, whose ratios follow.
m <- coxph(Surv(start, stop, event) ~ age + year + square, centered, control = control)
k <- mean(h$year)
A <- rbind(c(1, 0, 0), c(0, 1, -2 * k), c(0, 0, 1))
raw <- list(beta = as.vector(A %*% coef(m)), std_error = sqrt(diag(A %*% vcov(m) %*% t(A))), log_likelihood = m$loglik[2])
results <- list(age_again = told(coxph(Surv(stop, event) ~ age + again + sex, l, control = control)), years = raw)
write(toJSON(results, digits = I(12), auto_unbox = TRUE, pretty = TRUE), file.path(folder, "results.json"))
