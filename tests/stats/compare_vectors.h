/* Made by compare_vectors.py. */
static const struct {
    double t, df, below;
} student[] = {
    {-2.5, 1, 0.121118941590843}, {1.5, 7, 0.911350756505015},    {-0.3, 2.5, 0.393671185747599},
    {4, 30, 0.999809077181958},   {-8, 12, 1.87994911237513e-06}, {0, 5, 0.5},
};
static const struct {
    double p, df, t;
} student_quantile[] = {
    {0.025, 4, -2.7764451051978},   {0.975, 4, 2.7764451051978},
    {0.025, 1, -12.7062047364321},  {0.001, 19.5, -3.56520535964319},
    {0.5, 3, 7.20376043257148e-17}, {0.1, 1000000000.0, -1.28155156639119},
};
static const struct {
    size_t n;
    double phi;
    unsigned seed;
    double length, variance;
} lengths[] = {
    {256, 0, 1, 1, 87.2148384680748},
    {256, 0.5, 2, 6.72263404268588, 320.076974163126},
    {512, 0.9, 3, 33.9763758365748, 13096.7369566943},
    {200, 0.98, 4, 31.18654694293, 48669.3851312633},
    {40, 0.2, 5, 1, 16.240879966436},
};
#define RANK_U 343814.5
#define BASE_MEAN 23872.4022222222
#define BASE_P50 19982
#define BASE_P90 44973.4
#define BASE_P95 53459.5
#define BASE_P99 77692.54
#define WITH_MEAN 26701.5871428571
#define WITH_P50 21996
#define WITH_P90 47240.9
#define WITH_P95 62604.4999999999
#define WITH_P99 96345.75
