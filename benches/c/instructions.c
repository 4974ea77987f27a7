/* Makes CALLS calls from C to C, for an instruction counter: instructions bound|by_name CALLS. */
#include <stdlib.h>
#include <string.h>

#include "loops.h"

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  uint64_t calls = strtoull(argv[2], NULL, 10);
  bench_serve_echo("bench.c");
  hms_method_t method = bench_bind("bench.c", "first");
  if (strcmp(argv[1], "bound") == 0) {
    bench_bound(&method, calls);
  } else if (strcmp(argv[1], "by_name") == 0) {
    bench_name name = {"bench.c", "first"};
    bench_by_name(&name, calls);
  } else {
    return 2;
  }
  return 0;
}
