# Likelihoods of mixed models by brute force: the trapezoid rule on one fixed grid over the standardized person
# effects, the same for everybody (no modes, no Gauss-Hermite nodes), whose error falls exponentially as the step
# shrinks. parts: list of list(family, y, x, person, z columns of x, rows of L). Parameters: beta of each part,
# entries of the lower-triangular L in column-major order (free ones), log dispersion of each part that has one.
brute_force <- function(parts, free, n_people, step, reach = 7) {
  q <- nrow(free)
  axis <- seq(-reach, reach, by = step)
  grid <- as.matrix(do.call(expand.grid, rep(list(axis), q)))
  log_weight <- rowSums(dnorm(grid, log = TRUE)) + q * log(step)
  sizes <- vapply(parts, function(part) ncol(part$x), 1L)
  entries <- which(free, arr.ind = TRUE)
  extra <- vapply(parts, function(part) part$family != "logistic", TRUE)
  unpack <- function(theta) {
    factor <- matrix(0, q, q)
    factor[entries] <- theta[sum(sizes) + seq_len(nrow(entries))]
    at <- c(0, cumsum(sizes))
    list(beta = lapply(seq_along(parts), function(k) theta[at[k] + seq_len(sizes[k])]), factor = factor,
         tau = ifelse(extra, theta[sum(sizes) + nrow(entries) + cumsum(extra)], NA))
  }
  evaluate <- function(theta) {
    now <- unpack(theta)
    height <- matrix(log_weight, n_people, nrow(grid), byrow = TRUE)
    slopes <- list()
    for (k in seq_along(parts)) {
      part <- parts[[k]]
      loading <- part$x[, part$z, drop = FALSE] %*% now$factor[part$rows, , drop = FALSE]
      eta <- as.vector(part$x %*% now$beta[[k]]) + tcrossprod(loading, grid)
      tau <- now$tau[k]
      if (part$family == "logistic") {
        value <- plogis((2 * part$y - 1) * eta, log.p = TRUE)
        slope <- part$y - plogis(eta)
        spread <- NULL
      } else if (part$family == "normal") {
        value <- dnorm(part$y, eta, exp(tau), log = TRUE)
        slope <- (part$y - eta) / exp(2 * tau)
        spread <- (part$y - eta)^2 / exp(2 * tau) - 1
      } else {
        shape <- exp(tau)
        value <- shape * tau - lgamma(shape) + (shape - 1) * log(part$y) - shape * (eta + part$y * exp(-eta))
        slope <- shape * (part$y * exp(-eta) - 1)
        spread <- shape * (tau + 1 - digamma(shape) + log(part$y) - eta - part$y * exp(-eta))
      }
      sums <- rowsum(value, part$person)
      here <- as.integer(rownames(sums))
      height[here, ] <- height[here, ] + sums
      slopes[[k]] <- list(slope = slope, spread = spread)
    }
    top <- apply(height, 1, max)
    total <- rowSums(exp(height - top))
    share <- exp(height - top) / total
    gradient <- numeric(0)
    by_entry <- matrix(0, q, q)
    dispersion <- numeric(0)
    for (k in seq_along(parts)) {
      part <- parts[[k]]
      weighted <- slopes[[k]]$slope * share[part$person, , drop = FALSE]
      gradient <- c(gradient, as.vector(crossprod(part$x, rowSums(weighted))))
      moved <- weighted %*% grid
      by_entry[part$rows, ] <- by_entry[part$rows, ] + crossprod(part$x[, part$z, drop = FALSE], moved)
      if (extra[k]) {
        dispersion <- c(dispersion, sum(slopes[[k]]$spread * share[part$person, , drop = FALSE]))
      }
    }
    list(value = sum(log(total) + top), gradient = c(gradient, by_entry[entries], dispersion))
  }
  list(evaluate = evaluate, unpack = unpack, n_beta = sum(sizes))
}

climb <- function(model, start) {
  cache <- new.env()
  at <- function(theta) {
    if (!identical(theta, cache$theta)) {
      cache$theta <- theta
      cache$answer <- model$evaluate(theta)
    }
    cache$answer
  }
  found <- nlminb(start, function(theta) -at(theta)$value, function(theta) -at(theta)$gradient,
                  control = list(rel.tol = 1e-14, x.tol = 1e-12, eval.max = 500, iter.max = 500))
  information <- -numDeriv::jacobian(function(theta) model$evaluate(theta)$gradient, found$par, method = "simple",
                                     method.args = list(eps = 1e-5))
  back <- -numDeriv::jacobian(function(theta) model$evaluate(theta)$gradient, found$par, method = "simple",
                              method.args = list(eps = -1e-5))
  information <- (information + back) / 2
  information <- (information + t(information)) / 2
  step <- solve(information, at(found$par)$gradient)  # one Newton step polishes the optimizer's answer
  theta <- found$par + step
  list(theta = theta, covariance = solve(information), value = model$evaluate(theta)$value, last_step = max(abs(step)))
}
