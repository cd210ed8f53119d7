# Mutual help against R. Writes results.json: the public data that the tests read, and what R finds in them.
#
#   Rscript tests/reference/network/generate.R
#
# Needs igraph, sna, network, survey, sandwich, lme4 and jsonlite.

suppressMessages({
  library(igraph)
  library(jsonlite)
})

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
set.seed(20261123)

# Friendships in a school in fall and spring (Coleman 1964), and who worked with whom after seven disasters
# (Drabek and others 1981). Rows name columns.
data(coleman, package = "sna")
data(emon, package = "network")
nets <- list(coleman_fall = coleman[1, , ], coleman_spring = coleman[2, , ])
for (name in names(emon)) {
  nets[[paste0("emon_", gsub("[^A-Za-z]", "", name))]] <- network::as.matrix.network(emon[[name]])
}
for (name in names(nets)) {
  m <- 1 * (nets[[name]] > 0)
  diag(m) <- 0
  dimnames(m) <- NULL
  nets[[name]] <- m
  # Reporters missing at random: what they would have named, and they themselves, are gone.
  kept <- sort(sample(nrow(m), round(0.75 * nrow(m))))
  nets[[paste0(name, "_missing")]] <- m[kept, kept]
}

drawn <- function(m, draws = 2000) {
  graph <- graph_from_adjacency_matrix(m)
  times <- 40 * ecount(graph)
  mutual <- replicate(draws, {
    graph <<- rewire(graph, keeping_degseq(loops = FALSE, niter = times))
    dyad_census(graph)$mut
  })
  list(mean = mean(mutual), sd = sd(mutual), draws = draws)
}

told <- lapply(nets, function(m) {
  graph <- graph_from_adjacency_matrix(m)
  census <- sna::dyad.census(m)
  gives <- sna::degree(m, cmode = "outdegree")
  receives <- sna::degree(m, cmode = "indegree")
  some <- gives + receives > 0
  balance <- ((gives - receives) / (gives + receives))[some]
  list(
    size = nrow(m), giver = row(m)[m == 1] - 1, receiver = col(m)[m == 1] - 1,
    mutual = unname(census[1, "Mut"]), asymmetric = unname(census[1, "Asym"]),
    reciprocity_igraph = reciprocity(graph, mode = "ratio"),
    reciprocity_sna = unname(sna::grecip(m, measure = "dyadic.nonnull")), density = sna::gden(m),
    share_give_and_receive = mean((gives > 0 & receives > 0)[some]),
    balance_spread = sqrt(mean(balance^2)), rewired = drawn(m)
  )
})

# Ratio over clusters, jackknife: the seven disasters as houses.
houses <- do.call(rbind, lapply(told[grep("^emon.*[^g]$", names(told))], function(one) {
  data.frame(mutual = one$mutual, pairs = one$mutual + one$asymmetric)
}))
houses$house <- seq_len(nrow(houses))
houses$arm <- c(1, 1, 1, 0, 0, 0, 0)
jackknife <- function(rows) {
  design <- survey::svydesign(ids = ~house, weights = ~1, data = rows)
  ratio <- survey::svyratio(~mutual, ~pairs, survey::as.svrepdesign(design, type = "JK1"))
  list(ratio = unname(coef(ratio)), se = unname(survey::SE(ratio))[1])
}
ratios <- list(
  all = jackknife(houses), first = jackknife(houses[houses$arm == 1, ]),
  second = jackknife(houses[houses$arm == 0, ])
)

# Rank correlation: provinces of Switzerland, 1888, in which no value is there twice.
ranks <- function(rows) {
  rows <- swiss[rows, c("Fertility", "Education", "Infant.Mortality")]
  rows$Education <- rows$Education + seq_len(nrow(rows)) / 1000
  test <- cor.test(rows$Fertility, rows$Education, method = "spearman", exact = TRUE)
  list(
    first = rows$Fertility, second = rows$Education, value = unname(test$estimate), p = test$p.value,
    low = tanh(atanh(unname(test$estimate)) - qt(.975, nrow(rows) - 2) * sqrt((1 + unname(test$estimate)^2 / 2) / (nrow(rows) - 2))),
    ties_value = cor(rows$Fertility, round(rows$Infant.Mortality), method = "spearman"),
    ties_second = round(rows$Infant.Mortality)
  )
}
correlations <- list(eight = ranks(1:8), nine = ranks(11:19), fourteen = ranks(20:33))

# Within persons: what people would do or would want to do, verbally aggressive or not (lme4's VerbAgg).
data(VerbAgg, package = "lme4")
verbal <- data.frame(
  person = as.integer(VerbAgg$id), given = 1 * (VerbAgg$r2 == "Y"), received = 1 * (VerbAgg$mode == "do")
)
verbal <- verbal[verbal$person <= 60, ]
verbal <- verbal[runif(nrow(verbal)) < 0.7, ]
verbal$received[runif(nrow(verbal)) < 0.25] <- 1
verbal$received[verbal$person %% 10 == 0] <- 1
fit <- lm(given ~ received + factor(person), data = verbal)
inside <- tapply(verbal$received, verbal$person, function(r) length(unique(r)) > 1)
telling <- verbal[verbal$person %in% names(inside)[inside], ]
own <- lm(given ~ received + factor(person), data = telling)
evenings <- list(
  person = verbal$person, given = verbal$given, received = verbal$received,
  slope = unname(coef(fit)["received"]),
  se = sqrt(sandwich::vcovCL(own, cluster = telling$person, type = "HC0", cadjust = TRUE)["received", "received"]),
  people = sum(inside),
  both = mean(tapply(verbal$given * verbal$received, verbal$person, mean)),
  both_se = sd(tapply(verbal$given * verbal$received, verbal$person, mean)) / sqrt(length(unique(verbal$person)))
)

write_json(
  list(
    command = "Rscript tests/reference/network/generate.R",
    versions = list(
      R = R.version.string, igraph = as.character(packageVersion("igraph")),
      sna = as.character(packageVersion("sna")), survey = as.character(packageVersion("survey"))
    ),
    networks = told, houses = houses, ratios = ratios, correlations = correlations, evenings = evenings
  ),
  file.path(here, "results.json"),
  digits = NA, auto_unbox = TRUE
)
