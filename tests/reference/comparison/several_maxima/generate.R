# Maxima of the likelihood with programs at random, where there is more than one, or where scoring is slow: lme4.
#     Rscript tests/reference/comparison/several_maxima/generate.R tests/reference/comparison/several_maxima
# glmer (25 points) climbs from a spread of 1; glm is the likelihood without any; the higher is the answer.
# lmer is begun at several spreads and the lowest REML criterion taken; pbkrtest gives the error and the df.
suppressPackageStartupMessages({library(lme4); library(lmerTest); library(jsonlite)})
folder <- commandArgs(trailingOnly = TRUE)[1]
results <- list()
for (file in sort(list.files(folder, pattern = "[.]csv$"))) {
  d <- read.csv(file.path(folder, file))
  if ("people" %in% names(d)) {
    n <- d$people
    d <- data.frame(score = rep(d$score, n), program = rep(seq_along(n), n), covariate = 0,
                    y = unlist(Map(function(a, b) c(rep(1, a), rep(0, b - a)), d$yes, n)))
  }
  more <- if (any(d$covariate != 0)) " + covariate" else ""
  if (startsWith(file, "logistic")) {
    plain <- glm(as.formula(paste0("y ~ score", more)), d, family = binomial, control = glm.control(epsilon = 1e-14))
    m <- suppressWarnings(suppressMessages(glmer(as.formula(paste0("y ~ score", more, " + (1 | program)")), d, family = binomial, nAGQ = 25,
               control = glmerControl(optimizer = "bobyqa", tolPwrss = 1e-13, optCtrl = list(rhoend = 1e-9, maxfun = 1e5), check.conv.grad = "ignore"))))
    # glmer's log-likelihood by quadrature leaves out what belongs to the saturated model: add it up here.
    by <- split(d, d$program)
    own <- function(beta, sd) sum(vapply(by, function(p) {
      at <- as.vector(model.matrix(as.formula(paste0("~ score", more)), p) %*% beta)
      f <- function(u) vapply(u, function(v) exp(sum(dbinom(p$y, 1, plogis(at + sd * v), log = TRUE))) * dnorm(v), 0)
      log(sum(f(seq(-9, 9, by = 0.002))) * 0.002)
    }, 0))
    inside <- own(fixef(m), as.data.frame(VarCorr(m))$sdcor[1])
    zero <- as.numeric(logLik(plain))
    s <- summary(m)$coefficients["score", ]; p <- summary(plain)$coefficients["score", ]
    higher <- if (inside > zero) s else p
    results[[sub("[.]csv$", "", file)]] <- list(inside = inside, at_zero = zero, slope = unname(higher[1]), std_error = unname(higher[2]),
                            sd = if (inside > zero) as.data.frame(VarCorr(m))$sdcor[1] else 0)
  } else {
    best <- NULL
    for (start in c(0.01, 0.3, 1, 3)) {
      m <- suppressWarnings(suppressMessages(lmer(y ~ score + covariate + (1 | program), d, start = start,
                 control = lmerControl(optCtrl = list(xtol_abs = 1e-13, ftol_abs = 1e-15)))))
      if (is.null(best) || REMLcrit(m) < REMLcrit(best) - 1e-9) best <- m
    }
    s <- coef(summary(best, ddf = "Kenward-Roger"))["score", ]
    results[[sub("[.]csv$", "", file)]] <- list(criterion = REMLcrit(best), slope = s[["Estimate"]], std_error = s[["Std. Error"]],
                            df = s[["df"]], sd = as.data.frame(VarCorr(best))$sdcor[1])
  }
}
write(toJSON(results, digits = I(12), auto_unbox = TRUE, pretty = TRUE), file.path(folder, "results.json"))
