# Reference fit of one multilevel Tobit, by the definition of its likelihood; run by generate.py:
#   Rscript generate.R ROWS.csv FLOOR CEILING full|diagonal|intercept FOUND.json   (NA: no such bound)
# Each person's integral over the person effects is a trapezoid sum on a dense grid (for smooth integrands
# that vanish at both ends its error falls faster than any power of the step; `half_step` is what a grid twice
# as fine says), maximized by optim and then Newton steps on numerical derivatives. It shares no formula with
# the project: every row, censored or not, enters each node; no cross-products, no quadrature nodes, no
# analytic score. The linear mixed model (lme4) only says where to begin.
suppressPackageStartupMessages({library(lme4); library(numDeriv); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
d <- read.csv(args[1])
floor <- type.convert(args[2], as.is = TRUE); ceiling <- type.convert(args[3], as.is = TRUE); kind <- args[4]

factor_of <- function(theta) {
  s <- exp(theta[3])
  if (kind == "intercept") return(list(L = matrix(s), sigma = exp(theta[4])))
  if (kind == "diagonal") return(list(L = diag(c(s, exp(theta[4]))), sigma = exp(theta[5])))
  r <- tanh(theta[5]); s2 <- exp(theta[4])
  list(L = rbind(c(s, 0), c(s2 * r, s2 * sqrt(1 - r^2))), sigma = exp(theta[6]))
}
log_rows <- function(d, mean, sigma) {  # rows by nodes
  out <- matrix(dnorm(d$y, mean, sigma, log = TRUE), nrow(mean))
  if (!is.na(ceiling)) { k <- d$y >= ceiling
    out[k, ] <- pnorm(ceiling, mean[k, , drop = FALSE], sigma, lower.tail = FALSE, log.p = TRUE) }
  if (!is.na(floor)) { k <- d$y <= floor
    out[k, ] <- pnorm(floor, mean[k, , drop = FALSE], sigma, log.p = TRUE) }
  out
}
person_log <- function(d, u, theta) {  # log density of the rows and of u, at each node
  f <- factor_of(theta)
  z <- if (ncol(u) == 1) matrix(1, nrow(d)) else cbind(1, d$x)
  mean <- (theta[1] + theta[2] * d$x) + z %*% f$L %*% t(u)
  colSums(log_rows(d, mean, f$sigma)) + rowSums(dnorm(u, log = TRUE))
}
q <- if (kind == "intercept") 1 else 2
grids_at <- function(parts, theta, step) {
  axis <- seq(-7.5, 7.5, by = step)
  points <- as.matrix(expand.grid(rep(list(axis), q)))
  points <- points[sqrt(rowSums(points^2)) <= 7.5 + 1e-9, , drop = FALSE]
  lapply(parts, function(d) {
    f <- function(v) -person_log(d, matrix(v, 1), theta)
    mode <- optim(rep(0, q), f, method = "BFGS")$par
    spread <- t(chol(solve(hessian(f, mode)))) * 1.15  # a little wide: the grid outlives small moves of theta
    list(u = t(spread %*% t(points) + mode), log_cell = log(det(spread)) + q * log(step))
  })
}
log_likelihood <- function(theta, parts, grids) {
  sum(mapply(function(d, g) {
    at <- person_log(d, g$u, theta)
    max(at) + log(sum(exp(at - max(at)))) + g$log_cell
  }, parts, grids))
}

step <- if (q == 1) 0.1 else 0.5
parts <- split(d, d$person)
formula <- switch(kind, intercept = y ~ x + (1 | person), full = y ~ x + (x | person),
                  diagonal = y ~ x + (x || person))
line <- suppressWarnings(lmer(formula, d, REML = FALSE, control = lmerControl(calc.derivs = FALSE)))
spread <- as.data.frame(VarCorr(line))
deviation <- pmax(spread$sdcor[is.na(spread$var2) & spread$grp != "Residual"], 0.05 * sigma(line))
theta <- unname(c(fixef(line), log(deviation), if (kind == "full") 0, log(sigma(line))))
for (round in 1:2) {
  grids <- grids_at(parts, theta, step)
  theta <- optim(theta, function(t) -log_likelihood(t, parts, grids), method = "BFGS",
                 control = list(parscale = pmax(abs(theta), 0.1), reltol = 1e-11, maxit = 60))$par
}
for (round in 1:2) {
  grids <- grids_at(parts, theta, step)
  f <- function(t) -log_likelihood(t, parts, grids)
  h <- hessian(f, theta)
  theta <- theta - solve(h, grad(f, theta))
}
value <- factor_of(theta)
found <- list(beta = theta[1:2], std_error = sqrt(diag(solve(h)))[1:2], random_covariance = c(value$L %*% t(value$L)),
  residual_sd = value$sigma, log_likelihood = -f(theta),
  half_step = log_likelihood(theta, parts, grids_at(parts, theta, step / 2)), gradient = max(abs(grad(f, theta))),
  n_rows = nrow(d), n_floor = sum(d$y == floor, na.rm = TRUE), n_ceiling = sum(d$y == ceiling, na.rm = TRUE))
cat(args[1], found$log_likelihood, found$half_step, found$gradient, format(Sys.time()), "\n")
write(toJSON(found, digits = I(14), auto_unbox = TRUE, pretty = TRUE), args[5])
