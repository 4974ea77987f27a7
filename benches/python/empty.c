/* What an empty call through cffi calls. */
void bench_empty(void);

void bench_empty(void) {}
