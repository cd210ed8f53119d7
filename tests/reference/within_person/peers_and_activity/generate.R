# Reference results for hours and the next evening, from the diary itself; run by generate.py. Lags, means, standard
# deviations and the two models are made here anew; the cluster-robust covariance from each person's own likelihood.
suppressPackageStartupMessages({library(lme4); library(numDeriv); library(clubSandwich); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
d <- read.csv(file.path(args[1], "diary.csv")); a <- read.csv(file.path(args[1], "interviews.csv"))
told <- d[!is.na(d$peer_hours) & !is.na(d$meaningful_hours), ]
kinds <- c("peer_hours", "meaningful_hours")
means <- sapply(kinds, function(k) tapply(d[[k]], d$person, mean, na.rm = TRUE))
key <- paste(d$person, d$day - 1)
before <- match(key, paste(d$person, d$day))
for (k in kinds) d[[paste0("y_", k)]] <- d[[k]][before]
use <- d[!is.na(d$craving) & !is.na(d$y_peer_hours) & !is.na(d$y_meaningful_hours), ]
use <- use[order(use$person, use$day), ]
use$free <- as.numeric(use$craving == 0)
people <- sort(unique(use$person))
sd_within <- sapply(kinds, function(k) {
  own <- d[d$person %in% people & !is.na(d[[k]]), ]
  away <- own[[k]] - means[as.character(own$person), k]
  sqrt(sum(away^2) / (nrow(own) - length(unique(own$person))))
})
sd_between <- sapply(kinds, function(k) sd(means[as.character(people), k]))
for (k in kinds) {
  m <- means[as.character(use$person), k]
  use[[paste0("w_", k)]] <- (use[[paste0("y_", k)]] - m) / sd_within[[k]]
  use[[paste0("b_", k)]] <- (m - mean(means[as.character(people), k])) / sd_between[[k]]
}
use$trend <- (use$day - mean(use$day)) / 10
formula <- free ~ w_peer_hours + w_meaningful_hours + b_peer_hours + b_meaningful_hours + trend + (1 | person)
control <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-13, optCtrl = list(rhoend = 1e-9, maxfun = 1e5),
                        check.conv.grad = "ignore", check.conv.singular = "ignore")
m <- glmer(formula, use, family = binomial, nAGQ = 25, control = control)
X <- model.matrix(~ w_peer_hours + w_meaningful_hours + b_peer_hours + b_meaningful_hours + trend, use)
grid <- seq(-8, 8, by = 0.05); weight <- dnorm(grid, log = TRUE) + log(0.05)
by_person <- split(seq_len(nrow(use)), use$person)
one <- function(par, rows) {
  eta <- outer(as.vector(X[rows, , drop = FALSE] %*% par[-1]), par[1] * grid, "+")
  height <- colSums(plogis((2 * use$free[rows] - 1) * eta, log.p = TRUE)) + weight
  top <- max(height); top + log(sum(exp(height - top)))
}
total <- function(par) sum(vapply(by_person, function(rows) one(par, rows), 0))
par <- c(getME(m, "theta"), fixef(m))
H <- hessian(total, par)
par <- par - solve(H, grad(total, par)); H <- hessian(total, par)
scores <- t(vapply(by_person, function(rows) grad(one, par, rows = rows), par))
bread <- solve(-H); n <- length(by_person)
sandwich <- bread %*% crossprod(scores) %*% bread * n / (n - 1)

interviews <- a[a$held == 1 & !is.na(a$assessment_day), ]
first <- tapply(d$evening_day - d$day, d$person, min, na.rm = TRUE); last <- first + tapply(d$day, d$person, max)
rows <- do.call(rbind, lapply(rownames(means), function(p) {
  own <- interviews[interviews$person == p & interviews$assessment_day > last[[p]], ]
  if (nrow(own) == 0) return(NULL)
  own <- own[which.min(own$assessment_day), ]
  data.frame(person = p, y = as.numeric(own$abstinent_days_30 == 30), means[p, , drop = FALSE])
}))
rows <- rows[!is.na(rows$y), ]
for (k in kinds) rows[[k]] <- rows[[k]] / sd(means[, k])
later <- glm(y ~ peer_hours + meaningful_hours, rows, family = binomial, control = glm.control(epsilon = 1e-14, maxit = 100))
own <- model.matrix(later); p <- fitted(later)
bias <- vcov(later) %*% t(own) %*% (hatvalues(later) * (p - 0.5))  # of maximum likelihood, order 1 / n
t <- coef_test(later, vcov = vcovCR(later, cluster = rows$person, type = "CR2"), test = "Satterthwaite")
results <- list(n_rows = nrow(use), n_people = n, sd_within = unname(sd_within), sd_between = unname(sd_between),
  log_odds = unname(par[3:6]), robust_error = unname(sqrt(diag(sandwich))[3:6]), model_error = unname(sqrt(diag(bread))[3:6]),
  robust_covariance = unname(sandwich[3, 4]), later_people = nrow(rows), later = unname(coef(later) - as.vector(bias))[2:3], later_error = t$SE[2:3],
  later_df = t$df_Satt[2:3])
write(toJSON(results, digits = I(12), auto_unbox = TRUE, pretty = TRUE), args[2])
