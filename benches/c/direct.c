/* C to C: direct BLOCKS CALLS. One line of JSON for each measured block. */
#include <stdio.h>
#include <stdlib.h>

#include "loops.h"

static void print(const char *name, double ns) { printf("{\"name\": \"%s\", \"ns\": %.2f}\n", name, ns); }

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int blocks = atoi(argv[1]);
  uint64_t calls = strtoull(argv[2], NULL, 10);

  bench_serve_echo("bench.c");
  hms_method_t first = bench_bind("bench.c", "first");
  hms_method_t second = bench_bind("bench.c", "second");
  bench_bound(first, calls);

  for (int block = 0; block < blocks; block++) {
    print("function pointer", bench_function_pointer(calls));
    print("function pointer, two threads", bench_two_threads_function_pointer(calls));
    print("c to c", bench_bound(first, calls));
    print("c to c, two threads", bench_two_threads_bound(first, second, calls));
    print("c to c, by name", bench_by_name("bench.c", "first", calls));
  }
  return 0;
}
