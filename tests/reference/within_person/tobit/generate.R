# Reference fits of the multilevel Tobit, by the definition of its likelihood; run from this folder:
#   Rscript generate.R
# Each person's integral over the person effects is a trapezoid sum on a dense grid (for smooth integrands
# that vanish at both ends its error falls faster than any power of the step), maximized by optim and then
# Newton steps on numerical derivatives. It shares no formula with the project: every row, censored or not,
# enters each node; no cross-products, no quadrature nodes, no analytic score.
#   sleepstudy (lme4): reaction times of 18 drivers on 10 days, every sixth row left out.
#   ChickWeight (datasets): weights of 50 chicks, some of which died on the way.
#   Gcsemv (mlmRev): course work of pupils in 73 schools, out of 100, with gaps.
suppressPackageStartupMessages({library(lme4); library(mlmRev); library(numDeriv); library(jsonlite)})

sleep <- data.frame(person = as.integer(factor(sleepstudy$Subject)), day = sleepstudy$Days,
                    x = sleepstudy$Days, y = sleepstudy$Reaction)
sleep <- sleep[seq_len(nrow(sleep)) %% 6 != 3, ]
chick <- data.frame(person = as.integer(as.character(ChickWeight$Chick)), day = ChickWeight$Time,
                    x = ChickWeight$Time / 10, y = ChickWeight$weight / 10)
school <- subset(data.frame(person = as.integer(factor(Gcsemv$school)), x = Gcsemv$written / 10,
                            y = Gcsemv$course / 10), !is.na(x) & !is.na(y))
school <- school[order(school$person), ]
school$day <- ave(school$x, school$person, FUN = seq_along)
data <- list(sleepstudy = sleep, ChickWeight = chick, Gcsemv = school)
for (name in names(data)) write.csv(data[[name]][, c("person", "day", "x", "y")],
                                    paste0(name, ".csv"), row.names = FALSE)

cases <- list(
  sleep_ceiling = list("sleepstudy", NA, 340, "full"),
  sleep_both = list("sleepstudy", 240, 360, "full"),
  sleep_both_intercept = list("sleepstudy", 240, 360, "intercept"),
  sleep_floor_diagonal = list("sleepstudy", 270, NA, "diagonal"),
  chick_ceiling_intercept = list("ChickWeight", NA, 15, "intercept"),
  school_ceiling_intercept = list("Gcsemv", NA, 9, "intercept"),
  school_both_intercept = list("Gcsemv", 5, 8.5, "intercept"))

factor_of <- function(theta, kind) {
  s <- exp(theta[3])
  if (kind == "intercept") return(list(L = matrix(s), sigma = exp(theta[4])))
  if (kind == "diagonal") return(list(L = diag(c(s, exp(theta[4]))), sigma = exp(theta[5])))
  r <- tanh(theta[5]); s2 <- exp(theta[4])
  list(L = rbind(c(s, 0), c(s2 * r, s2 * sqrt(1 - r^2))), sigma = exp(theta[6]))
}
log_rows <- function(d, mean, sigma, floor, ceiling) {  # rows by nodes
  out <- matrix(dnorm(d$y, mean, sigma, log = TRUE), nrow(mean))
  if (!is.na(ceiling)) { k <- d$y >= ceiling
    out[k, ] <- pnorm(ceiling, mean[k, , drop = FALSE], sigma, lower.tail = FALSE, log.p = TRUE) }
  if (!is.na(floor)) { k <- d$y <= floor
    out[k, ] <- pnorm(floor, mean[k, , drop = FALSE], sigma, log.p = TRUE) }
  out
}
person_log <- function(d, u, theta, kind, floor, ceiling) {  # log density of the rows and of u, at each node
  f <- factor_of(theta, kind)
  z <- if (ncol(u) == 1) matrix(1, nrow(d)) else cbind(1, d$x)
  mean <- (theta[1] + theta[2] * d$x) + z %*% f$L %*% t(u)
  colSums(log_rows(d, mean, f$sigma, floor, ceiling)) + rowSums(dnorm(u, log = TRUE))
}
grids_at <- function(parts, theta, kind, floor, ceiling) {
  q <- if (kind == "intercept") 1 else 2
  step <- if (q == 1) 0.1 else 0.25
  axis <- seq(-8, 8, by = step)
  points <- as.matrix(expand.grid(rep(list(axis), q)))
  points <- points[sqrt(rowSums(points^2)) <= 8 + 1e-9, , drop = FALSE]
  lapply(parts, function(d) {
    f <- function(v) -person_log(d, matrix(v, 1), theta, kind, floor, ceiling)
    mode <- optim(rep(0, q), f, method = "BFGS")$par
    spread <- t(chol(solve(hessian(f, mode)))) * 1.15  # a little wide: the grid outlives small moves of theta
    list(u = t(spread %*% t(points) + mode), log_cell = log(det(spread)) + q * log(step))
  })
}
log_likelihood <- function(theta, parts, grids, kind, floor, ceiling) {
  sum(mapply(function(d, g) {
    at <- person_log(d, g$u, theta, kind, floor, ceiling)
    max(at) + log(sum(exp(at - max(at)))) + g$log_cell
  }, parts, grids))
}
fit <- function(d, floor, ceiling, kind) {
  if (!is.na(ceiling)) d$y <- pmin(d$y, ceiling)
  if (!is.na(floor)) d$y <- pmax(d$y, floor)
  parts <- split(d, d$person)
  line <- lm(y ~ x, d)
  theta <- c(coef(line), log(sigma(line) / 1.5))
  if (kind != "intercept") theta <- c(theta, log(sigma(line) / 1.5 / sd(d$x)))
  if (kind == "full") theta <- c(theta, 0)
  theta <- unname(c(theta, log(sigma(line) / 1.5)))
  for (round in 1:4) {
    grids <- grids_at(parts, theta, kind, floor, ceiling)
    f <- function(t) -log_likelihood(t, parts, grids, kind, floor, ceiling)
    scale <- pmax(abs(theta), 0.1)
    theta <- optim(theta, f, method = "BFGS", control = list(parscale = scale, reltol = 1e-13, maxit = 60))$par
  }
  for (round in 1:2) {
    grids <- grids_at(parts, theta, kind, floor, ceiling)
    h <- hessian(f, theta)
    theta <- theta - solve(h, grad(f, theta))
  }
  value <- factor_of(theta, kind)
  list(beta = theta[1:2], std_error = sqrt(diag(solve(h)))[1:2], random_covariance = c(value$L %*% t(value$L)),
       residual_sd = value$sigma, log_likelihood = -f(theta), gradient = max(abs(grad(f, theta))),
       n_rows = nrow(d), n_floor = sum(d$y == floor, na.rm = TRUE), n_ceiling = sum(d$y == ceiling, na.rm = TRUE))
}
results <- list()
for (name in names(cases)) {
  case <- cases[[name]]
  results[[name]] <- c(list(data = case[[1]], floor = case[[2]], ceiling = case[[3]], structure = case[[4]]),
                       fit(data[[case[[1]]]], case[[2]], case[[3]], case[[4]]))
  cat(name, results[[name]]$log_likelihood, results[[name]]$gradient, format(Sys.time()), "\n")
  write(toJSON(results, digits = I(14), auto_unbox = TRUE, pretty = TRUE, na = "null"), "results.json")
}
