// Random-intercept-and-slope Tobit, ceiling on the right, for TMB's Laplace approximation.
#include <TMB.hpp>

template <class Type>
Type objective_function<Type>::operator()() {
  DATA_VECTOR(y);
  DATA_MATRIX(x);
  DATA_VECTOR(slope_column);
  DATA_IVECTOR(person);
  DATA_IVECTOR(at_ceiling);
  PARAMETER_VECTOR(beta);
  PARAMETER_VECTOR(log_sd);    // intercept, slope
  PARAMETER(atanh_rho);
  PARAMETER(log_sigma);
  PARAMETER_MATRIX(effect);    // persons x 2, standard normal

  const Type sigma = exp(log_sigma);
  const Type rho = tanh(atanh_rho);
  const Type rest = sqrt(Type(1) - rho * rho);
  const vector<Type> fixed = x * beta;
  Type nll = 0;
  for (int i = 0; i < effect.rows(); ++i) {
    nll -= dnorm(effect(i, 0), Type(0), Type(1), true) + dnorm(effect(i, 1), Type(0), Type(1), true);
  }
  for (int j = 0; j < y.size(); ++j) {
    const int i = person(j);
    const Type intercept = exp(log_sd(0)) * effect(i, 0);
    const Type slope = exp(log_sd(1)) * (rho * effect(i, 0) + rest * effect(i, 1));
    const Type mean = fixed(j) + intercept + slope * slope_column(j);
    nll -= at_ceiling(j) ? log(pnorm(mean, y(j), sigma)) : dnorm(y(j), mean, sigma, true);
  }
  return nll;
}
