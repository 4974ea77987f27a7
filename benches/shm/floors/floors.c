/* What the machine itself takes for a round trip between two processes: floors CASE CALLS
 * [CLIENT_CPU SERVER_CPU] Without a case: the names of those between two processes. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../measure.h"
#include "bells.h"

enum { LARGE = 1 << 20 };

/* The prefetcher of the neighbouring line must not bring the other side's writes. */
enum { APART = 128 };

typedef struct line {
  _Alignas(APART) _Atomic uint32_t stamp;
  uint8_t body[ECHO_SIZE];
} line;

typedef struct place {
  line request, answer;
  uint8_t large[LARGE];
} place;

typedef struct link {
  place *shared;
  const bell_kind *kind;
  bell to_server, to_client;
  int client_fd, server_fd;
} link_t;

typedef struct floor_case {
  const char *name;
  void (*make)(link_t *);
  void (*serve)(link_t *); /* NULL = nobody else takes part */
  measured_call call;
} floor_case;

static void pause_cpu(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void await_stamp(line *from, uint32_t stamp) {
  while (atomic_load_explicit(&from->stamp, memory_order_acquire) != stamp) pause_cpu();
}

static void publish(line *to, uint32_t stamp) {
  atomic_store_explicit(&to->stamp, stamp, memory_order_release);
}

static void make_nothing(link_t *link) {
  (void)link;
}

/* Only the stamps travel: nothing can be faster between two cores that look at memory. */
static void line_serve(link_t *link) {
  for (uint32_t stamp = 1;; stamp++) {
    await_stamp(&link->shared->request, stamp);
    publish(&link->shared->answer, stamp);
  }
}

static void line_call(void *ctx, const uint8_t *request, uint8_t *answer) {
  link_t *link = ctx;
  uint32_t stamp = atomic_load_explicit(&link->shared->answer.stamp, memory_order_relaxed) + 1;
  publish(&link->shared->request, stamp);
  await_stamp(&link->shared->answer, stamp);
  memcpy(answer, request, ECHO_SIZE);
}

static void bell_make(link_t *link) {
  link->to_server.word = &link->shared->request.stamp;
  link->to_client.word = &link->shared->answer.stamp;
  link->kind->make(&link->to_server);
  link->kind->make(&link->to_client);
}

static void bell_serve(link_t *link) {
  for (;;) {
    link->kind->wait(&link->to_server);
    memcpy(link->shared->answer.body, link->shared->request.body, ECHO_SIZE);
    link->kind->ring(&link->to_client);
  }
}

static void bell_call(void *ctx, const uint8_t *request, uint8_t *answer) {
  link_t *link = ctx;
  memcpy(link->shared->request.body, request, ECHO_SIZE);
  link->kind->ring(&link->to_server);
  link->kind->wait(&link->to_client);
  memcpy(answer, link->shared->answer.body, ECHO_SIZE);
}

static void socket_make(link_t *link) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) fail("socketpair");
  link->client_fd = ends[0];
  link->server_fd = ends[1];
}

static void socket_serve(link_t *link) {
  uint8_t body[ECHO_SIZE];
  for (;;) {
    if (recv(link->server_fd, body, sizeof body, MSG_WAITALL) != sizeof body) fail("recv");
    if (send(link->server_fd, body, sizeof body, 0) != sizeof body) fail("send");
  }
}

static void socket_call(void *ctx, const uint8_t *request, uint8_t *answer) {
  link_t *link = ctx;
  if (send(link->client_fd, request, ECHO_SIZE, 0) != ECHO_SIZE) fail("send");
  if (recv(link->client_fd, answer, ECHO_SIZE, MSG_WAITALL) != ECHO_SIZE) fail("recv");
}

/* 1 MiB into shared memory and out of it again. */
static void memcpy_call(void *ctx, const uint8_t *request, uint8_t *answer) {
  static uint8_t out[LARGE], in[LARGE];
  link_t *link = ctx;
  memcpy(out, request, ECHO_SIZE);
  memcpy(link->shared->large, out, LARGE);
  /* As another process would: the compiler must not go from `out` to `in` directly. */
  atomic_signal_fence(memory_order_seq_cst);
  memcpy(in, link->shared->large, LARGE);
  memcpy(answer, in, ECHO_SIZE);
}

static const floor_case without_bell[] = {
    {"line", make_nothing, line_serve, line_call},
    {"unix-socket", socket_make, socket_serve, socket_call},
    {"memcpy-1m", make_nothing, NULL, memcpy_call},
};
enum { WITHOUT_BELL = sizeof without_bell / sizeof *without_bell };

static bool find(const char *name, floor_case *found, const bell_kind **kind) {
  for (int i = 0; i < WITHOUT_BELL; i++)
    if (strcmp(name, without_bell[i].name) == 0) {
      *found = without_bell[i];
      return true;
    }
  for (int i = 0; i < bell_kind_count; i++)
    if (strcmp(name, bell_kinds[i].name) == 0) {
      *found = (floor_case){bell_kinds[i].name, bell_make, bell_serve, bell_call};
      *kind = &bell_kinds[i];
      return true;
    }
  return false;
}

static void pin(const char *cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET((size_t)atoi(cpu), &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) fail("sched_setaffinity");
}

static pid_t start(const floor_case *floor, link_t *link, const char *cpu) {
  pid_t server = fork();
  if (server < 0) fail("fork");
  if (server == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (cpu != NULL) pin(cpu);
    floor->serve(link);
  }
  return server;
}

int main(int argc, char **argv) {
  floor_case floor;
  link_t link = {0};
  if (argc == 1) {
    for (int i = 0; i < WITHOUT_BELL; i++)
      if (without_bell[i].serve != NULL) puts(without_bell[i].name);
    for (int i = 0; i < bell_kind_count; i++) puts(bell_kinds[i].name);
    return 0;
  }
  bool pinned = argc == 5;
  if ((argc != 3 && !pinned) || !find(argv[1], &floor, &link.kind)) {
    fputs("usage: floors [CASE CALLS [CLIENT_CPU SERVER_CPU]]\n", stderr);
    return 2;
  }
  link.shared =
      mmap(NULL, sizeof *link.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (link.shared == MAP_FAILED) fail("mmap");
  floor.make(&link);
  pid_t server = floor.serve == NULL ? 0 : start(&floor, &link, pinned ? argv[4] : NULL);
  if (pinned) pin(argv[3]);
  measure(floor.name, floor.call, &link, (size_t)strtoul(argv[2], NULL, 10));
  if (server != 0) {
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
  }
  return 0;
}
