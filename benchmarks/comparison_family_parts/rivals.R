# R's side of the matches. Usage: Rscript rivals.R <call> <folder with rows.csv and settings.json>
# Prints the processor seconds of the fit alone (no reading, no loading of packages) and what is compared.
arguments <- commandArgs(trailingOnly = TRUE)
rows <- as.data.frame(data.table::fread(file.path(arguments[2], "rows.csv"), nThread = 1))
settings <- jsonlite::fromJSON(file.path(arguments[2], "settings.json"))
covariates <- grep("^x[0-9]+$", names(rows), value = TRUE)
plus <- function(...) paste(c(..., covariates), collapse = " + ")

needs <- list(
  cox = "survival", incidence = "survival", impute = "mice", omega = "lavaan", invariance = "lavaan",
  evenings = "lme4", curves = "Hmisc", aipw = "clubSandwich", mediate = "mediation", fidelity = "lme4",
  null = "igraph"
)
suppressWarnings(suppressMessages(library(needs[[arguments[1]]], character.only = TRUE)))
set.seed(1)

fits <- list(
  cox = function() {
    fit <- coxph(as.formula(paste("Surv(day, used) ~", plus(), "+ cluster(program)")), rows, ties = "efron")
    drift <- cox.zph(fit, transform = "rank", terms = FALSE)
    c(coef(fit)[[1]], sqrt(fit$naive.var[1, 1]), drift$table["GLOBAL", "p"])
  },
  incidence = function() {
    fit <- survfit(Surv(exit, factor(cause, 0:2)) ~ 1, rows)
    at <- summary(fit, times = settings$day)
    c(at$pstate[1, 2], at$std.err[1, 2])
  },
  impute = function() {
    rows$program_id <- factor(rows$program_id)
    rows$justice_status <- factor(rows$justice_status)
    made <- mice(rows, m = settings$copies, maxit = settings$sweeps, printFlag = FALSE)
    c(mean(sapply(seq_len(settings$copies), function(i) mean(complete(made, i)$barc10_month_12))))
  },
  omega = function() {
    items <- names(rows)
    common <- paste0("(", paste0("l", seq_along(items), collapse = "+"), ")")
    rest <- paste0("(", paste0("e", seq_along(items), collapse = "+"), ")")
    model <- c(paste("f =~", paste(sprintf("l%d*%s", seq_along(items), items), collapse = "+")), "f ~~ 1*f",
      sprintf("%s ~~ e%d*%s", items, seq_along(items), items), paste(items, "~ 1"),
      sprintf("omega := %s^2/(%s^2+%s)", common, common, rest))
    fit <- lavaan(model, rows, missing = "ml", estimator = "MLR")
    found <- parameterEstimates(fit)
    found <- found[found$label == "omega", ]
    c(found$est, found$se)
  },
  invariance = function() {
    k <- ncol(rows) / 2
    first <- names(rows)[seq_len(k)]
    second <- names(rows)[k + seq_len(k)]
    model <- function(level) {
      l2 <- if (level == "configural") "m" else "l"
      t2 <- if (level == "scalar") "t" else "u"
      c(paste("f1 =~", paste(sprintf("l%d*%s", seq_len(k), first), collapse = "+")),
        paste("f2 =~", paste(sprintf("%s%d*%s", l2, seq_len(k), second), collapse = "+")),
        sprintf("%s ~ t%d*1", first, seq_len(k)), sprintf("%s ~ %s%d*1", second, t2, seq_len(k)),
        sprintf("%s ~~ %s", first, first), sprintf("%s ~~ %s", second, second),
        sprintf("%s ~~ %s", first, second), "f1 ~~ 1*f1",
        if (level == "configural") "f2 ~~ 1*f2" else "f2 ~~ f2", "f1 ~~ f2", "f1 ~ 0*1",
        if (level == "scalar") "f2 ~ change*1" else "f2 ~ 0*1")
    }
    made <- lapply(c("configural", "metric", "scalar"), function(level) {
      lavaan(model(level), rows, missing = "ml", estimator = "MLR")
    })
    steps <- lavTestLRT(made[[1]], made[[2]], made[[3]], method = "satorra.bentler.2001")
    c(steps[2, "Chisq diff"], steps[3, "Chisq diff"])
  },
  evenings = function() {
    fit <- glmer(as.formula(paste("y ~", plus(), "+ (1 | person)")), rows, binomial,
                 nAGQ = settings$points)
    c(fixef(fit)[[2]], sqrt(vcov(fit)[2, 2]))
  },
  curves = function() {
    crossed <- numeric(settings$replicates)
    grid <- seq(0.25, 25, by = 0.05)
    for (b in seq_len(settings$replicates)) {
      drawn <- rows[sample(nrow(rows), replace = TRUE), ]
      never <- is.na(drawn$years)
      level <- weighted.mean(drawn$score[never], drawn$weight[never])
      asked <- drawn[!never, ]
      knots <- wtd.quantile(asked$years, asked$weight, c(.05, .275, .5, .725, .95), normwt = TRUE)
      for (group in list(rep(TRUE, nrow(asked)), asked$center == 1, asked$center == 0)) {
        own <- asked[which(group), ]
        fit <- lm.wfit(cbind(1, rcspline.eval(own$years, knots, inclx = TRUE)), own$score, own$weight)
        height <- cbind(1, rcspline.eval(grid, knots, inclx = TRUE)) %*% fit$coefficients
        up <- which(diff(height > level) == 1)
        crossed[b] <- if (length(up)) grid[up[1]] else Inf
      }
    }
    c(median(crossed))
  },
  aipw = function() {
    expected <- matrix(NA, nrow(rows), 2)
    for (fold in unique(rows$fold)) for (arm in 0:1) {
      fit <- glm(as.formula(paste("y ~", plus())), binomial, rows[rows$fold != fold & rows$arm == arm, ])
      expected[rows$fold == fold, arm + 1] <- predict(fit, rows[rows$fold == fold, ], "response")
    }
    chance <- fitted(glm(as.formula(paste("arm ~", plus())), binomial, rows))
    part <- function(has, weight, model) {
      mean(model) + sum(has * weight * (rows$y - model)) / sum(has * weight)
    }
    effect <- part(rows$arm, 1 / chance, expected[, 2]) - part(1 - rows$arm, 1 / (1 - chance), expected[, 1])
    one <- function(has, weight, model) {
      has * weight / mean(has * weight) * (rows$y - model) + model
    }
    pseudo <- one(rows$arm, 1 / chance, expected[, 2]) - one(1 - rows$arm, 1 / (1 - chance), expected[, 1])
    fit <- lm(pseudo ~ 1)
    test <- coef_test(fit, vcovCR(fit, rows$program, "CR2"))
    c(effect)
  },
  mediate = function() {
    first <- lm(as.formula(paste("m ~ arm +", plus())), rows)
    second <- glm(as.formula(paste("y ~ arm * m +", plus())), binomial, rows)
    fit <- mediate(first, second, boot = TRUE, sims = settings$draws, treat = "arm", mediator = "m")
    c(fit$tau.coef, fit$d1)
  },
  fidelity = function() {
    fit <- glmer(as.formula(paste("y ~ score +", plus(), "+ (1 | program)")), rows, binomial,
                 nAGQ = settings$points)
    c(fixef(fit)[["score"]], sqrt(vcov(fit)["score", "score"]))
  },
  null = function() {
    shares <- 0
    houses <- split(rows, rows$network)
    graphs <- lapply(houses, function(house) {
      graph_from_data_frame(house[, c("giver", "receiver")])
    })
    for (b in seq_len(settings$draws)) {
      mutual <- sapply(graphs, function(graph) {
        # A move exchanges two ties: three for each tie are what six of our steps propose.
        sum(which_mutual(rewire(graph, keeping_degseq(niter = 3 * gsize(graph))))) / 2
      })
      shares <- shares + sum(mutual)
    }
    c(shares / settings$draws)
  }
)
if (arguments[1] == "mediate") rows$arm <- as.numeric(rows$arm)
took <- system.time(numbers <- suppressWarnings(suppressMessages(fits[[arguments[1]]]())))
cat("\n", jsonlite::toJSON(list(seconds = jsonlite::unbox(sum(took[1:2])), numbers = unname(numbers)),
                            auto_unbox = FALSE, digits = 10), "\n", sep = "")
