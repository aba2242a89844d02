/* Made by tests/capacity/truth.py: the capacity of each service, in requests per second. */
#define TRUTH_MM1 150.0711
#define TRUTH_MM8 136.8102
#define TRUTH_LOGNORMAL 178.6532
#define TRUTH_BIMODAL 175.3080
#define TRUTH_AUTOCORRELATED 153.7313
#define TRUTH_LOSS 120.3061
