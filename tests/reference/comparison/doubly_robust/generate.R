# Propensity scores, balance, weights and doubly robust estimates by R, written apart from the Python code:
# scores by MatchIt and glm, balance by MatchIt's summary, weighted differences by survey, standard errors by
# stacked estimating equations with numerical derivatives, AIPW fold by fold with glm and lm.
suppressMessages({library(MatchIt); library(survey); library(numDeriv); library(jsonlite)})
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]

jobs <- read.csv(file.path(folder, "lalonde.csv"))
jobs$race <- factor(jobs$race, levels = c("black", "hispan", "white"))
help <- read.csv(file.path(folder, "HELPrct.csv"))
help$arm <- as.integer(help$homeless == "homeless")
help$substance <- factor(help$substance, levels = c("alcohol", "cocaine", "heroin"))
help$race <- factor(ifelse(help$racegrp %in% c("black", "white"), help$racegrp, "other"),
                    levels = c("black", "other", "white"))
sets <- list(
  lalonde = list(data = jobs, arm = jobs$treat, y = jobs$re78 / 1000, family = "linear",
                 formula = ~ age + educ + race + married + nodegree + re74 + re75),
  help = list(data = help, arm = help$arm, y = help$anysub_01 <- ifelse(help$anysub == "yes", 1,
                 ifelse(help$anysub == "no", 0, NA)), family = "logistic",
              formula = ~ age + female + race + substance + cesd + mcs + pss_fr + i1)
)

expit <- function(z) 1 / (1 + exp(-z))
target_weights <- function(e, a, target) switch(target,
  ate = ifelse(a == 1, mean(a) / e, (1 - mean(a)) / (1 - e)),
  att = ifelse(a == 1, 1, e / (1 - e)),
  overlap = ifelse(a == 1, 1 - e, e))

# Difference of weighted means and its standard error, score and means estimated together.
stacked <- function(x, a, y, target) {
  share <- mean(a)
  equations <- function(theta) {
    e <- expit(x %*% theta[-(1:2)])[, 1]
    w <- switch(target, ate = ifelse(a == 1, share / e, (1 - share) / (1 - e)),
                att = ifelse(a == 1, 1, e / (1 - e)), overlap = ifelse(a == 1, 1 - e, e))
    cbind(a * w * (y - theta[1]), (1 - a) * w * (y - theta[2]), x * (a - e))
  }
  score <- glm(a ~ x - 1, family = binomial, control = list(epsilon = 1e-14, maxit = 100))
  e <- fitted(score)
  w <- target_weights(e, a, target)
  theta <- c(weighted.mean(y[a == 1], w[a == 1]), weighted.mean(y[a == 0], w[a == 0]), coef(score))
  bread <- solve(jacobian(function(t) colSums(equations(t)), theta))
  covariance <- bread %*% crossprod(equations(theta)) %*% t(bread)
  design <- svydesign(ids = ~1, weights = ~w, data = data.frame(w = w, y = y, a = a))
  list(difference = unname(coef(svyglm(y ~ a, design))["a"]),
       std_error = sqrt(covariance[1, 1] + covariance[2, 2] - 2 * covariance[1, 2]))
}

# AIPW by textbook formulas, one target at a time; `reach` is 1, or reached / chance of being reached.
aipw <- function(y, a, e, m1, m0, reach, target) {
  y[reach == 0] <- 0
  if (target == "ate") { t <- rep(1, length(a)); w1 <- a / e; w0 <- (1 - a) / (1 - e) }
  if (target == "att") { t <- a; w1 <- a; w0 <- (1 - a) * e / (1 - e) }
  if (target == "overlap") { t <- (a - e)^2; w1 <- a * (1 - e); w0 <- (1 - a) * e }
  w1 <- w1 * reach; w0 <- w0 * reach
  arm <- function(m, w) {
    base <- sum(t * m) / sum(t); left <- sum(w * (y - m)) / sum(w)
    list(mean = base + left, own = t * (m - base) / mean(t) + w * (y - m - left) / mean(w))
  }
  one <- arm(m1, w1); none <- arm(m0, w0)
  list(social = one$mean, clinical = none$mean, difference = one$mean - none$mean,
       std_error = sqrt(sum((one$own - none$own)^2)) / length(y), own1 = one$own, own0 = none$own)
}

results <- list()
for (name in names(sets)) {
  s <- sets[[name]]
  x <- model.matrix(s$formula, s$data)
  z <- x; z[, -1] <- apply(x[, -1], 2, function(v) (v - mean(v)) / sqrt(mean((v - mean(v))^2)))
  a <- s$arm; n <- length(a)
  both <- cbind(s$data, a_ = a)
  matched <- matchit(update(s$formula, a_ ~ .), data = both, method = "nearest", distance = "glm")
  e <- unname(fitted(glm(a ~ x - 1, family = binomial, control = list(epsilon = 1e-14, maxit = 100))))
  stopifnot(max(abs(e - matched$distance)) < 1e-6)
  all_of <- matchit(update(s$formula, a_ ~ .), data = both, method = NULL, estimand = "ATE")
  before <- summary(all_of)$sum.all
  weighted <- matched; weighted$weights <- target_weights(e, a, "ate"); weighted$estimand <- "ATE"
  after <- summary(weighted)$sum.matched
  ridge <- diag(c(0, rep(1, ncol(z) - 1)))
  penalized <- optim(rep(0, ncol(z)), function(b) -sum(a * (z %*% b) - log1p(exp(z %*% b))) + sum(b[-1]^2) / 2,
                     gr = function(b) (-t(z) %*% (a - expit(z %*% b)) + ridge %*% b)[, 1], method = "BFGS",
                     control = list(reltol = 1e-15, maxit = 2000))
  fold <- (seq_len(n) * 7) %% 5
  answered <- !is.na(s$y); y <- ifelse(answered, s$y, 0)
  m <- matrix(0, n, 2)
  for (k in 0:4) for (arm in 0:1) {
    train <- fold != k & a == arm & answered
    model <- if (s$family == "linear") glm.fit(z[train, ], y[train]) else
      glm.fit(z[train, ], y[train], family = binomial(), control = list(epsilon = 1e-14, maxit = 100))
    eta <- (z[fold == k, ] %*% coef(model))[, 1]
    m[fold == k, arm + 1] <- if (s$family == "linear") eta else expit(eta)
  }
  reach <- rep(1, n)
  if (any(!answered)) {
    chance <- rep(0, n)
    for (arm in 0:1) chance[a == arm] <- fitted(glm.fit(z[a == arm, ], as.numeric(answered[a == arm]),
      family = binomial(), control = list(epsilon = 1e-14, maxit = 100)))
    reach <- answered / pmax(chance, 0.1)
  }
  doubly <- lapply(c(ate = "ate", att = "att", overlap = "overlap"),
                   function(target) aipw(y, a, e, m[, 2], m[, 1], reach, target))
  out <- list(score = e, ridge = penalized$par,
              balance = list(names = rownames(before),
                             before = unname(before[, "Std. Mean Diff."]), after = unname(after[, "Std. Mean Diff."]),
                             ratio_before = unname(before[, "Var. Ratio"]), ratio_after = unname(after[, "Var. Ratio"])),
              effective = c(sum(target_weights(e, a, "ate")[a == 1])^2 / sum(target_weights(e, a, "ate")[a == 1]^2),
                            sum(target_weights(e, a, "ate")[a == 0])^2 / sum(target_weights(e, a, "ate")[a == 0]^2)),
              kept = c(mean(e[a == 1] >= .1 & e[a == 1] <= .9), mean(e[a == 0] >= .1 & e[a == 0] <= .9)),
              doubly = lapply(doubly, function(d) d[c("social", "clinical", "difference", "std_error")]))
  if (all(answered)) out$weighted <- lapply(c(ate = "ate", att = "att", overlap = "overlap"),
                                            function(target) stacked(z, a, y, target))
  if (s$family == "logistic") {
    p <- doubly$ate
    own <- p$own1 / (p$social * (1 - p$social)) - p$own0 / (p$clinical * (1 - p$clinical))
    out$log_odds <- c(qlogis(p$social) - qlogis(p$clinical), sqrt(sum(own^2)) / n)
    out$weighted <- lapply(c(ate = "ate", att = "att", overlap = "overlap"),
                           function(target) stacked(z, a, s$data$pcs, target))
  }
  results[[name]] <- out
}
write_json(results, arguments[2], digits = 12, auto_unbox = TRUE, na = "null", pretty = 1)
