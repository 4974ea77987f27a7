/* What the machine itself takes for a round trip between two processes: floors CASE CALLS [CLIENT_CPU SERVER_CPU]
 * Without a case: the names of all. */
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

/* The prefetcher of the neighbouring line must not bring the other side's writes. */
enum { APART = 128 };

typedef struct line {
  _Alignas(APART) _Atomic uint32_t stamp;
  uint8_t body[ECHO_SIZE];
} line;

typedef struct place {
  line request, answer;
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
  void (*serve)(link_t *);
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

static void publish(line *to, uint32_t stamp) { atomic_store_explicit(&to->stamp, stamp, memory_order_release); }

static void make_nothing(link_t *link) { (void)link; }

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

static const floor_case unparked[] = {
    {"line", make_nothing, line_serve, line_call},
    {"unix-socket", socket_make, socket_serve, socket_call},
};
enum { UNPARKED = sizeof unparked / sizeof *unparked };

static bool find(const char *name, floor_case *found, const bell_kind **kind) {
  for (int i = 0; i < UNPARKED; i++)
    if (strcmp(name, unparked[i].name) == 0) {
      *found = unparked[i];
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

int main(int argc, char **argv) {
  floor_case floor;
  link_t link = {0};
  if (argc == 1) {
    for (int i = 0; i < UNPARKED; i++) puts(unparked[i].name);
    for (int i = 0; i < bell_kind_count; i++) puts(bell_kinds[i].name);
    return 0;
  }
  bool pinned = argc == 5;
  if ((argc != 3 && !pinned) || !find(argv[1], &floor, &link.kind)) {
    fputs("usage: floors [CASE CALLS [CLIENT_CPU SERVER_CPU]]\n", stderr);
    return 2;
  }
  link.shared = mmap(NULL, sizeof *link.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (link.shared == MAP_FAILED) fail("mmap");
  floor.make(&link);
  pid_t server = fork();
  if (server < 0) fail("fork");
  if (server == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (pinned) pin(argv[4]);
    floor.serve(&link);
  }
  if (pinned) pin(argv[3]);
  measure(floor.name, floor.call, &link, (size_t)strtoul(argv[2], NULL, 10));
  kill(server, SIGKILL);
  waitpid(server, NULL, 0);
  return 0;
}
