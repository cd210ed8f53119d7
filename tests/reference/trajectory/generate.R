# Curves of three public data sets by survey::svyglm with rms::rcs, and by stats::loess with weights.
#
#     Rscript tests/reference/trajectory/generate.R tests/reference/trajectory/results.json
#
# Needs survey, rms, MASS and jsonlite; the test needs none of them.

suppressPackageStartupMessages({library(survey); library(rms); library(MASS); library(jsonlite)})

quantiles <- list("3" = c(.1, .5, .9), "4" = c(.05, .35, .65, .95), "5" = c(.05, .275, .5, .725, .95))

weighted_quantile <- function(x, w, p) {
  o <- order(x)
  upto <- cumsum(w[o]) / sum(w)
  sapply(p, function(share) x[o][which(upto >= share - 1e-12)[1]])
}

# Heights of a restricted cubic spline, and its slope by the basis of Hmisc, for roots by uniroot.
heights <- function(beta, knots) function(at) as.vector(cbind(1, rcspline.eval(at, knots, inclx = TRUE)) %*% beta)

roots <- function(f, from, to, n = 4000) {
  at <- seq(from, to, length.out = n)
  y <- f(at)
  where <- which(y[-1] * y[-n] < 0)
  sapply(where, function(i) uniroot(f, at[c(i, i + 1)], tol = 1e-12)$root)
}

local <- function(data, at, span, degree) {
  fit <- loess(y ~ x, data, weights = w, span = span, degree = degree, family = "gaussian",
               control = loess.control(surface = "direct"))
  as.vector(predict(fit, data.frame(x = at)))
}

case <- function(data, k, inside = rep(TRUE, nrow(data)), level = NA, start = NA, end = NA) {
  data$inside <- inside
  used <- data[inside & !is.na(data$x) & !is.na(data$y), ]
  knots <- weighted_quantile(used$x, used$w, quantiles[[as.character(k)]])
  design <- subset(svydesign(id = ~1, weights = ~w, data = data), inside)
  spline <- sprintf("y ~ rcs(x, c(%s))", paste(format(knots, digits = 17), collapse = ", "))
  fit <- svyglm(as.formula(spline), design)
  at <- seq(quantile(used$x, .02), quantile(used$x, .98), length.out = 15)
  rows <- cbind(1, rcspline.eval(at, knots, inclx = TRUE))
  mean <- svymean(~y, subset(design, !is.na(y)))
  f <- heights(coef(fit), knots)
  step <- 1e-5 * diff(range(used$x))
  out <- list(
    x = data$x, y = data$y, w = data$w, inside = inside, k = k, knots = knots, beta = coef(fit),
    covariance = unname(vcov(fit)), df = fit$df.residual, at = at, height = as.vector(rows %*% coef(fit)),
    std_error = sqrt(diag(rows %*% vcov(fit) %*% t(rows))), mean = coef(mean), mean_std_error = as.vector(SE(mean)),
    loess = list(
      list(span = .5, degree = 2, height = local(used, at, .5, 2)),
      list(span = .5, degree = 1, height = local(used, at, .5, 1)),
      list(span = .8, degree = 2, height = local(used, at, .8, 2))
    )
  )
  if (!is.na(level)) {
    slope <- function(z) (f(z + step) - f(z - step)) / (2 * step)
    turns <- roots(slope, start, end)
    low <- turns[sapply(turns, function(z) slope(z - 100 * step) < 0 && f(z) < f(start))][1]
    ups <- roots(function(z) f(z) - level, start, end)
    up <- ups[sapply(ups, function(z) slope(z) > 0)][1]
    out <- c(out, list(level = level, start = start, end = end, turning_point = low, dip_depth = f(start) - f(low),
                       first_flat = turns[1], crossing = up))
  }
  out
}

# The bootstrap by person: rows drawn with replacement, knots placed anew, weighted least squares.
bootstrap <- function(data, k, at, replicates = 4000) {
  set.seed(1)
  drawn <- replicate(replicates, {
    d <- data[sample(nrow(data), replace = TRUE), ]
    knots <- weighted_quantile(d$x, d$w, quantiles[[as.character(k)]])
    X <- cbind(1, rcspline.eval(d$x, knots, inclx = TRUE))
    beta <- lm.wfit(X, d$y, d$w)$coefficients
    as.vector(cbind(1, rcspline.eval(at, knots, inclx = TRUE)) %*% beta)
  })
  shares <- c(.025, .25, .75, .975)
  list(at = at, shares = shares, quantiles = apply(drawn, 1, quantile, shares))
}

data(api)
schools <- data.frame(x = apistrat$emer, y = apistrat$api00, w = apistrat$pw)
schools$x[apistrat$emer == 0 & apistrat$stype == "M"] <- NA  # people who do not say how long ago
air <- data.frame(x = airquality$Temp, y = airquality$Ozone, w = 0.5 + (airquality$Day %% 5) / 2)
crash <- data.frame(x = mcycle$times, y = mcycle$accel, w = 0.4 + (seq_len(nrow(mcycle)) %% 7) / 4)

results <- list(
  schools = case(schools, 5),
  elementary_schools = case(schools, 4, inside = apistrat$stype == "E"),
  air = case(air, 4, level = 30, start = 57, end = 97),
  crash = case(crash, 5, level = -10, start = 3, end = 50)
)
results$crash$bootstrap <- bootstrap(crash, 5, c(5, 20, 35))
write_json(results, commandArgs(TRUE)[1], digits = 12, auto_unbox = TRUE, na = "null", pretty = FALSE)
