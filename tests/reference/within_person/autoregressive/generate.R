# Reference fits of mixed models with residuals correlated over days; data from nlme, datasets and lme4.
#
#     Rscript tests/reference/within_person/autoregressive/generate.R tests/reference/within_person/autoregressive
#
# nlme stops its joint search early (corCAR1 most of all), so each fit is polished: the correlation is held
# fixed, the rest refitted, and the log-likelihood maximized over the correlation by `optimize`.
#   ovary        follicles of 11 mares by time in the cycle, in cycles: unequal series, gaps of part units
#   body_weight  16 rats weighed every 7 days, once after 1 and once after 6
#   dialyzer     20 dialyzers, 7 pressures each, slope of pressure by person
#   milk         protein in the milk of every second cow by week: dropouts, and each sixth week taken out, so gaps of 2
#   chick        50 chicks weighed every second day and on day 21, some dead on the way; log weight, variance
#                growing with day where weighted
#   sleep        reaction time of 18 drivers, two of each seven days taken out
suppressPackageStartupMessages({library(nlme); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
control <- function(opt) lmeControl(maxIter = 500, msMaxIter = 1000, msMaxEval = 5000, niterEM = 100,
                                    tolerance = 1e-12, msTol = 1e-12, opt = opt)

frame <- function(person, day, y, x, v = 1) {
  person <- as.integer(factor(as.character(person)))
  d <- data.frame(person = person, day = day, y = y, x, v = v)
  d <- d[order(d$person, d$day), ]
  d$person <- as.integer(factor(d$person))
  rownames(d) <- NULL
  d
}
cows <- as.data.frame(Milk)
cows <- cows[as.integer(factor(as.character(cows$Cow))) %% 2 == 0, ]
cows <- cows[(cows$Time + as.integer(factor(as.character(cows$Cow)))) %% 6 != 0, ]
drivers <- lme4::sleepstudy
drivers <- drivers[!((drivers$Days + as.integer(drivers$Subject)) %% 7 %in% c(2, 3)), ]
data <- list(
  ovary = with(as.data.frame(Ovary), frame(Mare, Time, follicles,
    data.frame(sine = sin(2 * pi * Time), cosine = cos(2 * pi * Time)))),
  body_weight = with(as.data.frame(BodyWeight), frame(Rat, Time, weight,
    data.frame(time = Time, diet2 = +(Diet == 2), diet3 = +(Diet == 3)))),
  dialyzer = with(as.data.frame(Dialyzer), frame(Subject, index, rate,
    data.frame(pressure = pressure, square = pressure^2, cube = pressure^3, fast = +(QB == 300)))),
  milk = with(cows, frame(Cow, Time, protein,
    data.frame(time = Time, barley = +(Diet == "barley"), lupins = +(Diet == "lupins")))),
  chick = with(as.data.frame(ChickWeight), frame(Chick, Time, log(weight),
    data.frame(time = Time, square = Time^2, diet2 = +(Diet == 2), diet3 = +(Diet == 3), diet4 = +(Diet == 4)), Time + 1)),
  sleep = with(drivers, frame(Subject, Days, Reaction, data.frame(days = Days))))

cases <- list(
  c("ovary", "~ 1", "corCAR1"), c("ovary", "~ 1 + sine", "corCAR1"),
  c("body_weight", "~ 1", "corCAR1"), c("body_weight", "~ 1 + time", "corAR1"),
  c("dialyzer", "~ 1 + pressure", "corAR1", "diagonal"),
  c("milk", "~ 1", "corAR1"), c("milk", "~ 1 + time", "corAR1"), c("milk", "~ 1", "corCAR1"),
  c("chick", "~ 1", "corAR1"), c("chick", "~ 1", "corCAR1", "weighted"),
  c("sleep", "~ 1", "corAR1"), c("sleep", "~ 1 + days", "corAR1", "diagonal"),
  c("sleep", "~ 1 + days", "corAR1"))

fit <- function(d, random, kind, method, extra, value, fixed) {
  d <- groupedData(y ~ day | person, d)
  fixed_part <- reformulate(setdiff(names(d), c("person", "day", "y", "v")), "y")
  correlation <- get(kind)(unname(value), form = ~ day | person, fixed = fixed)
  pieces <- list(fixed = fixed_part, data = d, method = method,
                 correlation = correlation)
  pieces$random <- if ("diagonal" %in% extra) list(person = pdDiag(as.formula(random))) else
    as.formula(paste(random, "| person"))
  if ("weighted" %in% extra) pieces$weights <- varFixed(~ v)
  best <- NULL  # nlminb sometimes refuses ("singular convergence") or stops short; take the better of two
  for (opt in c("nlminb", "optim")) {
    m <- tryCatch(do.call(lme, c(pieces, control = list(control(opt)))), error = function(e) NULL)
    if (!is.null(m) && (is.null(best) || logLik(m) > logLik(best))) best <- m
  }
  if (is.null(best)) stop("neither optimizer answered")
  best
}

results <- list()
for (case in cases) for (method in c("REML", "ML")) {
  d <- data[[case[1]]]; extra <- case[-(1:3)]
  start <- c(ovary = 1e-4, body_weight = 0.9, chick = 0.9)[case[1]]
  if (is.na(start)) start <- 0.5
  joint <- tryCatch(fit(d, case[2], case[3], method, extra, start, FALSE), error = function(e) NULL)
  near <- if (is.null(joint)) start else coef(joint$modelStruct$corStruct, unconstrained = FALSE)
  scale <- c(ovary = 1 / 22, body_weight = 7, chick = 2)[case[1]]  # search on the correlation over a usual gap
  if (is.na(scale)) scale <- 1
  at <- function(u) fit(d, case[2], case[3], method, extra, u^(1 / scale), TRUE)
  loglik <- function(u) tryCatch(as.numeric(logLik(at(u))), error = function(e) -1e10)
  middle <- abs(near)^scale
  if (is.null(joint)) {
    grid <- seq(0.02, 0.98, 0.06)
    middle <- grid[which.max(sapply(grid, loglik))]
  }
  ends <- c(max(middle - 0.06, 0.001), min(middle + 0.06, 0.9999))
  found <- optimize(loglik, ends, maximum = TRUE, tol = 1e-9)
  m <- at(found$maximum)
  q <- nrow(getVarCov(m))
  results[[length(results) + 1]] <- list(
    data = case[1], random = if (case[2] == "~ 1") list() else list(sub("~ 1 \\+ ", "", case[2])),
    kind = case[3], method = tolower(method), weighted = "weighted" %in% extra,
    structure = if ("diagonal" %in% extra) "diagonal" else "full",
    beta = unname(fixef(m)), std_error = unname(sqrt(diag(m$varFix))),
    random_covariance = unname(c(unclass(getVarCov(m))[seq_len(q), seq_len(q)])),
    residual_variance = m$sigma^2, log_likelihood = as.numeric(logLik(m)),
    correlation = unname(found$maximum^(1 / scale)),
    joint_log_likelihood = if (is.null(joint)) NULL else as.numeric(logLik(joint)))
  cat(case, method, "joint", if (is.null(joint)) NA else format(logLik(joint), digits = 12), near,
      "polished", format(found$objective, digits = 12), found$maximum^(1 / scale), "\n")
}
versions <- list(R = R.version.string, nlme = as.character(packageVersion("nlme")))
write(toJSON(list(versions = versions, data = lapply(data, as.list), fits = results), digits = I(12),
             auto_unbox = TRUE), file.path(args[1], "results.json"))
