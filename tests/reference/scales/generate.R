# Reference results for the scales: lavaan, psych. Usage: Rscript generate.R <folder with bfi.csv> <results.json>
suppressPackageStartupMessages({
  library(jsonlite)
  library(lavaan)
  library(psych)
})
paths <- commandArgs(trailingOnly = TRUE)

settings <- list(
  missing = "fiml", em.h1.tol = 1e-12, em.h1.iter.max = 10000,
  control = list(rel.tol = 1e-12, iter.max = 5000, eval.max = 10000), fixed.x = FALSE,
  optim.force.converged = TRUE, check.gradient = FALSE
)
run <- function(model, data, estimator, ...) {
  do.call(lavaan, c(list(model = model, data = data, estimator = estimator, ...), settings))
}
row_of <- function(fit, label) {
  found <- parameterEstimates(fit)
  found <- found[found$label == label, ]
  c(found$est[1], found$se[1])
}

# One scale at one time: alpha of any covariance, omega of one factor; with and without normal answers.
alpha_model <- function(items) {
  pairs <- combn(seq_along(items), 2)
  variances <- sprintf("%s ~~ v%d*%s", items, seq_along(items), items)
  covariances <- sprintf("%s ~~ c%d*%s", items[pairs[1, ]], seq_len(ncol(pairs)), items[pairs[2, ]])
  k <- length(items)
  parts <- paste0("(", paste0("v", seq_len(k), collapse = "+"), ")")
  rest <- paste0("2*(", paste0("c", seq_len(ncol(pairs)), collapse = "+"), ")")
  c(variances, covariances, paste(items, "~ 1"),
    sprintf("alpha := %d/%d*(1-%s/(%s+%s))", k, k - 1, parts, parts, rest))
}
omega_model <- function(items) {
  k <- length(items)
  common <- paste0("(", paste0("l", seq_len(k), collapse = "+"), ")")
  rest <- paste0("(", paste0("e", seq_len(k), collapse = "+"), ")")
  c(paste("f =~", paste(sprintf("l%d*%s", seq_len(k), items), collapse = "+")), "f ~~ 1*f",
    sprintf("%s ~~ e%d*%s", items, seq_len(k), items), paste(items, "~ 1"),
    sprintf("omega := %s^2/(%s^2+%s)", common, common, rest))
}
one_time <- function(data) {
  items <- names(data)
  normal <- run(alpha_model(items), data, "ML", information = "observed")
  free <- run(alpha_model(items), data, "MLR")
  factor <- run(omega_model(items), data, "MLR")
  complete <- data[complete.cases(data), ]
  of_psych <- suppressWarnings(psych::alpha(complete, check.keys = FALSE))
  # psych's maximum likelihood factor of the correlations; its omega divides by their observed sum.
  within <- suppressWarnings(psych::fa(cor(complete), 1, fm = "ml"))
  list(
    answers = unname(as.matrix(data)),
    alpha = row_of(normal, "alpha")[1], alpha_error = row_of(free, "alpha")[2],
    alpha_error_if_normal = row_of(normal, "alpha")[2],
    omega = row_of(factor, "omega")[1], omega_error = row_of(factor, "omega")[2],
    loadings = inspect(factor, "est")$lambda[, 1], errors = diag(inspect(factor, "est")$theta),
    loglik = as.numeric(logLik(factor)),
    loglik_saturated = as.numeric(fitMeasures(factor, "unrestricted.logl")),
    psych_alpha_complete = of_psych$total$raw_alpha,
    psych_standardized_loadings_complete = abs(as.vector(within$loadings)),
    psych_omega_total_complete = 1 - sum(within$uniquenesses) / sum(cor(complete))
  )
}

# The same items at two waves.
two_times <- function(data) {
  k <- ncol(data) / 2
  first <- names(data)[seq_len(k)]
  second <- names(data)[k + seq_len(k)]
  model <- function(level) {
    l2 <- if (level == "configural") "m" else "l"
    t2 <- if (level == "scalar") "t" else "u"
    c(paste("f1 =~", paste(sprintf("l%d*%s", seq_len(k), first), collapse = "+")),
      paste("f2 =~", paste(sprintf("%s%d*%s", l2, seq_len(k), second), collapse = "+")),
      sprintf("%s ~ t%d*1", first, seq_len(k)), sprintf("%s ~ %s%d*1", second, t2, seq_len(k)),
      sprintf("%s ~~ %s", first, first), sprintf("%s ~~ %s", second, second),
      sprintf("%s ~~ %s", first, second),
      "f1 ~~ 1*f1", if (level == "configural") "f2 ~~ 1*f2" else "f2 ~~ f2", "f1 ~~ f2", "f1 ~ 0*1",
      if (level == "scalar") "f2 ~ change*1" else "f2 ~ 0*1")
  }
  levels <- c("configural", "metric", "scalar")
  fits <- lapply(levels, function(level) run(model(level), data, "MLR"))
  names(fits) <- levels
  steps <- lavTestLRT(fits$configural, fits$metric, fits$scalar, method = "satorra.bentler.2001")
  plain <- diff(sapply(fits, function(fit) fitMeasures(fit, "chisq")[[1]]))
  change <- row_of(fits$scalar, "change")
  list(
    answers = unname(as.matrix(data)),
    fits = lapply(fits, function(fit) {
      found <- fitMeasures(fit, c("chisq", "df", "cfi", "rmsea"))
      list(chi_square = found[["chisq"]], df = found[["df"]], cfi = found[["cfi"]], rmsea = found[["rmsea"]],
           loglik = as.numeric(logLik(fit)))
    }),
    loadings_configural = as.vector(inspect(fits$configural, "est")$lambda[c(seq_len(k)), 1]),
    loadings_scalar = as.vector(inspect(fits$scalar, "est")$lambda[c(seq_len(k)), 1]),
    steps = list(
      metric = list(chi_square = plain[[1]], df = steps[2, "Df diff"],
                    scaled = steps[2, "Chisq diff"], p_value = steps[2, "Pr(>Chisq)"]),
      scalar = list(chi_square = plain[[2]], df = steps[3, "Df diff"],
                    scaled = steps[3, "Chisq diff"], p_value = steps[3, "Pr(>Chisq)"])
    ),
    change = change[1], change_error = change[2]
  )
}

bfi <- read.csv(file.path(paths[1], "bfi.csv"))
turned <- function(data, items) {
  data[items] <- 7 - data[items]
  data
}
agreeable <- turned(bfi[1:400, paste0("A", 1:5)], "A1")
neurotic <- bfi[1501:1760, paste0("N", 1:5)]
conscientious <- turned(bfi[1:150, paste0("C", 1:5)], c("C4", "C5"))
visual <- HolzingerSwineford1939[, paste0("x", 1:3)]
textual <- HolzingerSwineford1939[, paste0("x", c(4:6, 1:2))]
textual[outer(seq_len(nrow(textual)), seq_len(5), function(i, j) (7 * i + 3 * j) %% 11 == 0)] <- NA

democracy <- PoliticalDemocracy[, c("y1", "y2", "y3", "y4", "y5", "y6", "y7", "y8")]
gaps <- democracy
gaps[outer(seq_len(75), 1:8, function(i, j) (5 * i + 3 * j) %% 13 == 0)] <- NA
gaps[c(4, 11, 29, 40, 62), 5:8] <- NA

# Six-point answers of 400 people, lost at the second wave by what they said at the first.
set.seed(20261122)
n <- 400
early <- rnorm(n)
late <- 0.6 * early + 0.7 * rnorm(n) + 0.3
steady <- matrix(rnorm(n * 6), n)
answer <- function(f, by) {
  own <- 0.5 * steady + sqrt(0.75) * matrix(rnorm(n * 6), n)
  pmin(pmax(round(4.3 + outer(f, by) + own), 1), 6)
}
six_points <- as.data.frame(cbind(answer(early, seq(0.6, 1.1, 0.1)), answer(late, seq(0.6, 1.1, 0.1))))
six_points[runif(n) < plogis(3 - rowMeans(six_points[, 1:6])), 7:12] <- NA
six_points[matrix(runif(n * 12) < 0.03, n)] <- NA
names(six_points) <- paste0("w", 1:12)

results <- list(
  one_time = list(
    agreeable = one_time(agreeable), neurotic = one_time(neurotic), conscientious = one_time(conscientious),
    three_visual_tests = one_time(visual), tests_with_gaps = one_time(textual)
  ),
  two_times = list(
    democracy = two_times(democracy), democracy_with_gaps = two_times(gaps), six_points = two_times(six_points)
  ),
  versions = list(R = R.version.string, lavaan = as.character(packageVersion("lavaan")),
                  psych = as.character(packageVersion("psych")))
)
write(toJSON(results, digits = 12, auto_unbox = TRUE, na = "null"), paths[2])
