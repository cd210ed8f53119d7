# Reference fits of the within-between mixed model; run by generate.py.
#   Gcsemv (mlmRev): exam marks of 1905 pupils in 73 schools, written and course work, both with gaps.
#   ChickWeight (datasets): weights of 50 chicks, some of which died on the way.
suppressPackageStartupMessages({library(lme4); library(nlme); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
tight <- lmerControl(optimizer = "nloptwrap", optCtrl = list(
  xtol_abs = 1e-12, xtol_rel = 1e-12, ftol_abs = 1e-12, ftol_rel = 1e-14, maxeval = 1e5))
results <- list()
for (name in c("Gcsemv", "ChickWeight")) {
  d <- read.csv(file.path(args[1], paste0(name, ".csv")))
  means <- tapply(d$y * 0 + d$x, d$person, mean)
  d$mean <- means[as.character(d$person)]
  d$within <- d$x - d$mean
  d$between <- d$mean - mean(means)
  models <- list(
    slope = list(y ~ within + between + (1 + within | person), ~ 1 + within | person),
    intercept = list(y ~ within + between + (1 | person), ~ 1 | person))
  for (kind in names(models)) {
    m <- lmer(models[[kind]][[1]], d, REML = TRUE, control = tight)
    n <- lme(y ~ within + between, random = models[[kind]][[2]], data = d, method = "REML",
             control = lmeControl(maxIter = 500, msMaxIter = 500, niterEM = 500, tolerance = 1e-12, msTol = 1e-12))
    results[[name]][[kind]] <- list(
      n_rows = nrow(d), n_people = length(means),
      beta = unname(fixef(m)), std_error = unname(sqrt(diag(as.matrix(vcov(m))))),
      random_covariance = unname(c(unclass(VarCorr(m)$person)[, ])),
      residual_variance = sigma(m)^2, log_likelihood = as.numeric(logLik(m)),
      nlme_beta = unname(fixef(n)), nlme_std_error = unname(sqrt(diag(vcov(n)))))
  }
}
results$versions <- list(R = R.version.string, lme4 = as.character(packageVersion("lme4")),
                         nlme = as.character(packageVersion("nlme")))
write(toJSON(results, digits = I(12), auto_unbox = TRUE, pretty = TRUE), args[2])
