#define _GNU_SOURCE
#include "bells.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../measure.h"

static void no_descriptor(bell *self) {
  (void)self;
}

/* The words are shared between processes: FUTEX_PRIVATE_FLAG would find nobody. */
static void futex_ring(bell *self) {
  atomic_fetch_add(self->word, 1);
  syscall(SYS_futex, self->word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void futex_wait(bell *self) {
  while (atomic_load(self->word) == self->seen)
    syscall(SYS_futex, self->word, FUTEX_WAIT, self->seen, NULL, NULL, 0);
  self->seen++;
}

/* As a leader waits that has events of its own process to look for: W7 of the design. */
static void futex_waitv(bell *self) {
  static _Atomic uint32_t kick;
  while (atomic_load(self->word) == self->seen) {
    struct futex_waitv words[] = {
        {.val = self->seen, .uaddr = (uintptr_t)self->word, .flags = FUTEX_32},
        {.val = 0, .uaddr = (uintptr_t)&kick, .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG},
    };
    syscall(SYS_futex_waitv, words, 2, 0, NULL, 0);
  }
  self->seen++;
}

static void eventfd_make(bell *self) {
  self->ring_fd = self->wait_fd = eventfd(0, 0);
  if (self->ring_fd < 0) fail("eventfd");
}

static void eventfd_ring(bell *self) {
  uint64_t one = 1;
  if (write(self->ring_fd, &one, sizeof one) != sizeof one) fail("write to an eventfd");
}

static void eventfd_wait(bell *self) {
  uint64_t rings;
  if (read(self->wait_fd, &rings, sizeof rings) != sizeof rings) fail("read of an eventfd");
}

static void pipe_make(bell *self) {
  int ends[2];
  if (pipe(ends) != 0) fail("pipe");
  self->wait_fd = ends[0];
  self->ring_fd = ends[1];
}

static void seqpacket_make(bell *self) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) fail("socketpair");
  self->wait_fd = ends[0];
  self->ring_fd = ends[1];
}

static void byte_ring(bell *self) {
  if (write(self->ring_fd, "", 1) != 1) fail("write of a byte");
}

static void byte_wait(bell *self) {
  char byte;
  if (read(self->wait_fd, &byte, 1) != 1) fail("read of a byte");
}

static void wait_readable(bell *self) {
  struct pollfd readable = {.fd = self->wait_fd, .events = POLLIN};
  if (poll(&readable, 1, -1) != 1) fail("poll");
}

/* As an event loop waits. */
static void eventfd_poll(bell *self) {
  wait_readable(self);
  eventfd_wait(self);
}

static void byte_poll(bell *self) {
  wait_readable(self);
  byte_wait(self);
}

const bell_kind bell_kinds[] = {
    {"futex", no_descriptor, futex_ring, futex_wait},
    {"futex_waitv", no_descriptor, futex_ring, futex_waitv},
    {"eventfd", eventfd_make, eventfd_ring, eventfd_wait},
    {"pipe", pipe_make, byte_ring, byte_wait},
    {"seqpacket", seqpacket_make, byte_ring, byte_wait},
    {"eventfd-poll", eventfd_make, eventfd_ring, eventfd_poll},
    {"seqpacket-poll", seqpacket_make, byte_ring, byte_poll},
};
const int bell_kind_count = sizeof bell_kinds / sizeof *bell_kinds;
