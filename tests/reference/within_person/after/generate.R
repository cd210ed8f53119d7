# Reference values for the steps after a fit; makes data.json and results.json beside this script.
#
#     Rscript tests/reference/within_person/after/generate.R tests/reference/within_person/after
#
# MathAchieve (nlme): mathematics marks of 1785 pupils in the first 40 of its schools ("person" is the school).
# ChickWeight (datasets): 50 chicks, days 0, 2, ..., 20, 21, some of which died on the way.
# sleepstudy (lme4): 18 people on 10 days in a row.
# Everything below is reckoned from lme4's or nlme's estimates with dense matrices or by refits, not by
# the formulas of the Python code.
suppressPackageStartupMessages({library(lme4); library(lmerTest); library(nlme); library(jsonlite)})
folder <- commandArgs(trailingOnly = TRUE)[1]
tight <- lmerControl(optimizer = "nloptwrap", optCtrl = list(
  xtol_abs = 1e-12, xtol_rel = 1e-12, ftol_abs = 1e-12, ftol_rel = 1e-14, maxeval = 1e5))

school <- as.data.frame(nlme::MathAchieve)
school <- school[school$School %in% unique(school$School)[1:40], ]
school <- data.frame(person = as.integer(factor(as.character(school$School))) - 1L, y = school$MathAch,
                     x = school$SES, minority = as.numeric(school$Minority == "Yes"))
school <- school[order(school$person), ]
chick <- with(as.data.frame(datasets::ChickWeight), data.frame(
  person = as.integer(factor(as.character(Chick))) - 1L, day = Time, y = weight))
chick <- chick[order(chick$person, chick$day), ]
sleep <- with(as.data.frame(lme4::sleepstudy), data.frame(
  person = as.integer(factor(as.character(Subject))) - 1L, day = Days, y = Reaction))
sleep <- sleep[order(sleep$person, sleep$day), ]
write_json(list(school = school, chick = chick, sleep = sleep), file.path(folder, "data.json"),
           dataframe = "columns", digits = NA)

center <- function(d, x) {
  means <- tapply(x, d$person, mean)
  d$between <- as.numeric(means[as.character(d$person)])
  d$within <- x - d$between
  d$between <- d$between - mean(means)
  d
}
school <- center(school, school$x)
school$within_x_between <- school$within * school$between
school$minority_x_between <- school$minority * school$between
chick <- center(chick, chick$day)

estimates <- function(m) list(
  beta = unname(fixef(m)), covariance = unname(as.matrix(vcov(m))),
  random_covariance = unname(as.matrix(VarCorr(m)$person)[, , drop = FALSE]), residual_variance = sigma(m)^2,
  log_likelihood = as.numeric(logLik(m)))

# V / sigma^2 and its inverse, dense
dense <- function(m) {
  z <- t(as.matrix(getME(m, "Zt"))); lambda <- as.matrix(getME(m, "Lambda"))
  diag(nrow(z)) + z %*% lambda %*% t(lambda) %*% t(z)
}

# Change of beta on leaving out each person: at the variances of the full fit, and in a full refit
leave_out <- function(m, d, refits) {
  x <- getME(m, "X"); y <- getME(m, "y"); v <- dense(m); b <- fixef(m)
  held <- t(sapply(sort(unique(d$person)), function(i) {
    keep <- d$person != i
    w <- solve(v[keep, keep])
    as.numeric(solve(t(x[keep, ]) %*% w %*% x[keep, ], t(x[keep, ]) %*% w %*% y[keep])) - b
  }))
  full <- t(sapply(refits, function(i)
    fixef(lmer(formula(m), d[d$person != i, ], REML = TRUE, control = tight)) - b))
  cook <- function(moved) apply(moved, 1, function(e) as.numeric(e %*% solve(as.matrix(vcov(m)), e)) / length(b))
  list(held = unname(held), cook_held = cook(held), refitted_people = refits, refitted = unname(full),
       cook_refitted = cook(full))
}

# Rights & Sterba 2019 with the columns split by hand into person means and deviations
split_variance <- function(m, d) {
  x <- getME(m, "X"); b <- fixef(m); t_mat <- as.matrix(VarCorr(m)$person)
  means <- apply(x, 2, function(column) ave(column, d$person))
  z <- x[, rownames(t_mat)]; zm <- means[, rownames(t_mat), drop = FALSE]
  mu <- colMeans(z)
  list(fixed_within = var(as.numeric((x - means) %*% b)), fixed_between = var(as.numeric(means %*% b)),
       slope_variation = sum(diag(t_mat %*% cov(z - zm))),
       mean_variation = sum(diag(t_mat %*% cov(zm))) + as.numeric(mu %*% t_mat %*% mu),
       residual = sigma(m)^2, fixed_total = var(as.numeric(x %*% b)))
}

after <- function(m, d, refits) {
  r <- ranef(m, condVar = TRUE)$person
  post <- attr(r, "postVar")
  p <- predict(m)
  c(estimates(m), list(
    effects = unname(as.matrix(r)), conditional = aperm(post, c(3, 1, 2)),
    fixed = unname(predict(m, re.form = NA)), conditional_prediction = unname(p),
    pearson = unname(residuals(m, scaled = TRUE)),
    variance = split_variance(m, d), deletion = leave_out(m, d, refits)))
}

schools <- lmer(y ~ within + between + minority + within_x_between + minority_x_between + (1 + within | person),
                school, REML = TRUE, control = tight)
chicks <- lmer(y ~ within + between + (1 + within | person), chick, REML = TRUE, control = tight)
sleepers <- lmer(y ~ day + (1 + day | person), sleep, REML = TRUE, control = tight)
results <- list(school = after(schools, school, c(3, 17)), chick = after(chicks, chick, 0:4),
                sleep = after(sleepers, sleep, 0:17))

# Simple slopes with lmerTest's Satterthwaite df, and regions found by root search on its t test
slope <- function(place, m) { l <- numeric(6); l[place[1]] <- 1; l[place[2]] <- m; l }
contest <- function(l) {
  c1 <- contest1D(schools, l, confint = TRUE, level = 0.95)
  list(estimate = c1$Estimate, std_error = c1[["Std. Error"]], df = c1$df, low = c1$lower, high = c1$upper,
       p_value = c1[["Pr(>|t|)"]])
}
results$slopes <- lapply(c(-0.8, 0, 0.5), function(m) c(list(at = m), contest(slope(c(2, 5), m))))
results$slope_difference <- contest(slope(c(2, 5), 0.5) - slope(c(2, 5), -0.8))
b <- fixef(schools); v <- as.matrix(vcov(schools))
quadratic <- function(place, critical) {
  b1 <- b[place[1]]; b3 <- b[place[2]]
  k <- critical^2
  qa <- b3^2 - k * v[place[2], place[2]]; qb <- 2 * (b1 * b3 - k * v[place[1], place[2]]); qc <- b1^2 - k * v[place[1], place[1]]
  sort(Re(polyroot(unname(c(qc, qb, qa)))))
}
roots_t <- function(place, alpha) {
  f <- function(m) contest(slope(place, m))$p_value - alpha
  grid <- seq(min(school$between), max(school$between), length.out = 60)
  values <- sapply(grid, f)
  turns <- which(diff(sign(values)) != 0)
  sapply(turns, function(i) uniroot(f, grid[c(i, i + 1)], tol = 1e-13)$root)
}
# False discovery rate by stats::p.adjust over a stated set of moderator values, normal distribution
values <- seq(min(school$between), max(school$between), length.out = 25)
p_normal <- function(place) sapply(values, function(m) {
  l <- slope(place, m); 2 * pnorm(-abs(sum(l * b)) / sqrt(as.numeric(l %*% v %*% l))) })
results$regions <- lapply(list(within = c(2, 5), minority = c(4, 6)), function(place) list(
  low = min(school$between), high = max(school$between),
  normal = quadratic(place, qnorm(0.975)),
  t_30 = quadratic(place, qt(0.975, 30)),
  simultaneous_30 = quadratic(place, sqrt(2 * qf(0.95, 2, 30))),
  bonferroni_5_normal = quadratic(place, qnorm(1 - 0.05 / 10)),
  satterthwaite = roots_t(place, 0.05),
  fdr_values = values, fdr_told = p.adjust(p_normal(place), "BH") <= 0.05))

# Autocorrelation: nlme's own on rows in a row; by hand, matching the day exactly, where days are missing
acf_sleep <- ACF(lme(y ~ day, random = ~ 1 + day | person, data = sleep, method = "REML",
                     control = lmeControl(msTol = 1e-12, tolerance = 1e-12)), maxLag = 3)
expected_acf <- function(m, d, lag) {
  w <- solve(dense(m))
  later <- match(paste(d$person, d$day + lag), paste(d$person, d$day))
  use <- which(!is.na(later))
  mean(w[cbind(use, later[use])]) / mean(diag(w))
}
acf_by_day <- function(m, d, lag) {
  r <- residuals(m, scaled = TRUE)
  later <- match(paste(d$person, d$day + lag), paste(d$person, d$day))
  use <- which(!is.na(later))
  list(lag = lag, n_pairs = length(use), correlation = mean(r[use] * r[later[use]]) / mean(r^2),
       independent = expected_acf(m, d, lag))
}
results$autocorrelation <- list(nlme_sleep = acf_sleep$ACF[-1],
  sleep = lapply(1:3, function(l) acf_by_day(sleepers, sleep, l)),
  chick = lapply(1:4, function(l) acf_by_day(chicks, chick, l)))

# Normality
r <- residuals(chicks, scaled = TRUE); s <- qnorm((rank(r, ties.method = "first") - 0.375) / (length(r) + 0.25))
results$normality <- list(quantile_correlation = cor(r, s), n = length(r),
  skewness = mean((r - mean(r))^3) / mean((r - mean(r))^2)^1.5,
  excess_kurtosis = mean((r - mean(r))^4) / mean((r - mean(r))^2)^2 - 3)

# A fit with autocorrelated residuals over gapped days, weighted; the correlation is given, because here nlme
# finds no maximum in it, and the steps after a fit do not ask whence it came
chick$weight <- 1 + (seq_len(nrow(chick)) %% 3)
ar <- lme(y ~ within + between, random = ~ 1 + within | person, data = chick, method = "REML",
          correlation = corCAR1(0.5, form = ~ day | person, fixed = TRUE), weights = varFixed(~ I(1 / weight)),
          control = lmeControl(maxIter = 500, msMaxIter = 500, niterEM = 500, tolerance = 1e-10, msTol = 1e-11))
results$autoregressive <- list(
  weight = chick$weight, beta = unname(fixef(ar)), covariance = unname(ar$varFix),
  random_covariance = unname(matrix(as.numeric(getVarCov(ar)), 2)), residual_variance = ar$sigma^2,
  log_likelihood = as.numeric(logLik(ar)),
  correlation = 0.5,
  effects = unname(as.matrix(ranef(ar)[order(as.integer(rownames(ranef(ar)))), ])),
  normalized = as.numeric(residuals(ar, type = "normalized")))

# Rubin's rules by hand over four copies of the sleep study with a fifth of the answers drawn anew
set.seed(20261122)
holes <- sample(nrow(sleep), 36)
copies <- lapply(1:4, function(k) {
  d <- sleep
  d$y[holes] <- fitted(sleepers)[holes] + rnorm(36, 0, sigma(sleepers))
  lmer(y ~ day + (1 + day | person), d, REML = TRUE, control = tight)
})
rubin <- function(l) {
  m <- length(copies)
  q <- sapply(copies, function(f) sum(l * fixef(f)))
  u <- sapply(copies, function(f) as.numeric(l %*% as.matrix(vcov(f)) %*% l))
  nu <- sapply(copies, function(f) contest1D(f, l)$df)
  within <- mean(u); between <- var(q); total <- within + (1 + 1 / m) * between
  r <- (1 + 1 / m) * between / within
  nu_m <- (m - 1) * (1 + 1 / r)^2; nu_c <- mean(nu)
  nu_obs <- (nu_c + 1) / (nu_c + 3) * nu_c / (1 + r)
  df <- nu_m * nu_obs / (nu_m + nu_obs)
  list(contrast = l, dfs = nu, estimate = mean(q), std_error = sqrt(total), df = df, nu_m = nu_m, increase = r,
       fraction = (r + 2 / (df + 3)) / (r + 1), low = mean(q) - qt(0.975, df) * sqrt(total),
       high = mean(q) + qt(0.975, df) * sqrt(total))
}
results$pooling <- list(
  beta = lapply(copies, function(f) unname(fixef(f))),
  covariance = lapply(copies, function(f) unname(as.matrix(vcov(f)))),
  contrasts = list(rubin(c(1, 0)), rubin(c(0, 1)), rubin(c(1, 5))))
results$versions <- list(R = R.version.string, lme4 = as.character(packageVersion("lme4")),
  nlme = as.character(packageVersion("nlme")), lmerTest = as.character(packageVersion("lmerTest")))
write_json(results, file.path(folder, "results.json"), digits = I(12), auto_unbox = TRUE)
