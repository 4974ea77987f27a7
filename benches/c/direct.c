/* C to C: direct BLOCKS CALLS. One line of JSON for each measured block. */
#include <stdio.h>
#include <stdlib.h>

#include "loops.h"

/* Bare calls are that much shorter: blocks of the same length suffer alike from what else runs on the machine. */
enum { SHARE = 50 };

static void print(const char *name, double ns) { printf("{\"name\": \"%s\", \"ns\": %.2f}\n", name, ns); }

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int blocks = atoi(argv[1]);
  uint64_t calls = strtoull(argv[2], NULL, 10);

  bench_serve_echo("bench.c");
  hms_method_t first = bench_bind("bench.c", "first");
  hms_method_t second = bench_bind("bench.c", "second");
  bench_name name = {"bench.c", "first"};
  const void *methods[] = {&first, &second}, *names[] = {&name}, *nothing[] = {NULL, NULL};

  /* The first block warms up. */
  for (int block = 0; block <= blocks; block++) {
    double function_pointer = bench_on_threads(bench_function_pointer, nothing, 1, SHARE * calls);
    double two_function_pointers = bench_on_threads(bench_function_pointer, nothing, 2, SHARE * calls);
    double bound = bench_on_threads(bench_bound, methods, 1, calls);
    double two_bound = bench_on_threads(bench_bound, methods, 2, calls);
    double by_name = bench_on_threads(bench_by_name, names, 1, calls);
    if (block == 0) continue;
    print("function pointer", function_pointer);
    print("function pointer, two threads", two_function_pointers);
    print("c to c", bound);
    print("c to c, two threads", two_bound);
    print("c to c, by name", by_name);
  }
  return 0;
}
