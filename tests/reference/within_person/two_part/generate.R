# Reference fits of the mixed logistic and two-part models; run by generate.py.
suppressPackageStartupMessages({library(lme4); library(numDeriv); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
source(file.path(args[2], "brute_force.R"))
read <- function(name) read.csv(file.path(args[1], paste0(name, ".csv")))

# lme4 at 25 points with its tolerances tightened; its own deviance function is then climbed to the top, and the
# standard errors come from that function's Hessian by Richardson extrapolation.
glmer_fit <- function(d) {
  predictors <- setdiff(names(d), c("person", "y"))
  formula <- reformulate(c(predictors, "(1 | person)"), "y")
  control <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-13, optCtrl = list(rhoend = 1e-9, maxfun = 1e5),
                          check.conv.grad = "ignore", check.conv.singular = "ignore")
  m <- glmer(formula, d, family = binomial, nAGQ = 25, control = control)
  deviance <- update(m, devFunOnly = TRUE)
  start <- c(getME(m, "theta"), fixef(m))
  for (pass in 1:2) {
    gradient <- grad(deviance, start)
    hessian <- hessian(deviance, start)
    start <- start - solve(hessian, gradient)
  }
  covariance <- 2 * solve(hessian)
  list(n_rows = nrow(d), n_people = length(unique(d$person)), beta = unname(start[-1]),
       std_error = sqrt(diag(covariance))[-1], sd = unname(start[1]), sd_error = sqrt(covariance[1, 1]),
       log_likelihood = -deviance(start) / 2)
}
logistic <- function() {
  names <- c("cbpp", "bacteria", "contraception", "verbal_aggression")
  sapply(names, function(name) glmer_fit(read(name)), simplify = FALSE)
}

design <- function(d) cbind(1, as.matrix(d[setdiff(names(d), c("person", "y"))]))
answer <- function(found, model, q) {
  now <- model$unpack(found$theta)
  list(beta = unlist(now$beta), std_error = sqrt(diag(found$covariance))[seq_len(model$n_beta)],
       random_covariance = as.vector(tcrossprod(now$factor)), log_likelihood = found$value,
       theta = found$theta, last_step = found$last_step)
}

# Random slopes of the logistic model. The grid is checked against a finer one.
slopes <- list(contraception = list(z = 4, full = TRUE), verbal_aggression = list(z = 7, full = TRUE),
               verbal_aggression_diagonal = list(z = 7, full = FALSE))
slope <- function(name) {
  d <- read(sub("_diagonal", "", name))
  what <- slopes[[name]]
  x <- design(d)
  part <- list(family = "logistic", y = d$y, x = x, person = d$person + 1, z = c(1, what$z), rows = 1:2)
  free <- matrix(c(TRUE, what$full, FALSE, TRUE), 2)
  model <- brute_force(list(part), free, max(d$person) + 1, step = 0.35)
  start <- c(unname(coef(glm(d$y ~ x - 1, family = binomial))), if (what$full) c(0.8, -0.3, 0.5) else c(0.8, 0.5))
  found <- climb(model, start)
  fine <- brute_force(list(part), free, max(d$person) + 1, step = 0.25)$evaluate(found$theta)
  c(answer(found, model), slope = what$z - 1, full = what$full, grid_error = fine$value - found$value)
}

# A child's four answers leave its effect so skewed that lme4's 25 points, all it takes, are too few.
skewed <- function(name) {
  d <- read(name)
  x <- design(d)
  part <- list(family = "logistic", y = d$y, x = x, person = d$person + 1, z = 1, rows = 1)
  model <- brute_force(list(part), matrix(TRUE), max(d$person) + 1, step = 0.05, reach = 8)
  found <- climb(model, c(unname(coef(glm(d$y ~ x - 1, family = binomial))), 1.5))
  fine <- brute_force(list(part), matrix(TRUE), max(d$person) + 1, step = 0.03, reach = 9)$evaluate(found$theta)
  c(answer(found, model), grid_error = fine$value - found$value)
}

# The two-part model: any, and how much, given some.
two_part <- function(d, family, slope = NULL, step, reach = 7) {
  x <- design(d)
  some <- d$y > 0
  y <- if (family == "log") log(d$y[some]) else d$y[some]
  extent <- list(family = if (family == "gamma") "gamma" else "normal", y = y, x = x[some, , drop = FALSE],
                 person = d$person[some] + 1, z = c(1, slope), rows = seq_along(c(1, slope)) + 1)
  any <- list(family = "logistic", y = some + 0, x = x, person = d$person + 1, z = 1, rows = 1)
  q <- 2 + length(slope)
  free <- lower.tri(matrix(0, q, q), diag = TRUE)
  model <- brute_force(list(any, extent), free, max(d$person) + 1, step, reach)
  ols <- lm(y ~ extent$x - 1)
  link <- if (family == "gamma") lm(log(y) ~ extent$x - 1) else ols
  unit <- if (family == "gamma") 0.5 else sigma(ols)
  factor <- diag(c(0.7, rep(0.4 * unit, q - 1)), q)
  start <- c(unname(coef(glm(some ~ x - 1, family = binomial))), unname(coef(link)), factor[free],
             if (family == "gamma") 0.5 else log(sigma(ols)))
  found <- climb(model, start)
  fine <- brute_force(list(any, extent), free, max(d$person) + 1, step * 0.8, reach)$evaluate(found$theta)
  constant <- if (family == "log") -sum(y) else 0
  c(answer(found, model), dispersion = exp(tail(found$theta, 1)), constant = constant,
    dispersion_error = sqrt(tail(diag(found$covariance), 1)), grid_error = fine$value - found$value)
}
cases <- list(medical_spending = c("log", "gamma"), seizures = c("log", "linear", "gamma"), ticks = "log")
steps <- c(medical_spending = 0.3, seizures = 0.2, ticks = 0.25)  # finer where a person tells much
several <- function(name) {
  sapply(cases[[name]], function(family) two_part(read(name), family, step = steps[[name]]), simplify = FALSE)
}
slope_in_extent <- function() two_part(read("medical_spending"), "log", slope = 6, step = 0.6, reach = 6)

results <- switch(args[3],
  logistic = logistic(),
  slopes = sapply(names(slopes), slope, simplify = FALSE),
  ohio = skewed("ohio"),
  two_part_slope = slope_in_extent(),
  several(args[3]))
write(toJSON(results, digits = I(12), auto_unbox = TRUE, pretty = TRUE),
      file.path(args[2], paste0(args[3], ".json")))
