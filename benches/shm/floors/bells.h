/* What wakes a process that waits for a message in shared memory. */
#ifndef HMSFFI_BENCHES_SHM_BELLS_H
#define HMSFFI_BENCHES_SHM_BELLS_H

#include <stdatomic.h>
#include <stdint.h>

/* One direction. The word and the descriptors are made before the fork; each bell uses what it
 * needs. */
typedef struct bell {
  _Atomic uint32_t *word;
  uint32_t seen;
  int ring_fd, wait_fd;
} bell;

typedef struct bell_kind {
  const char *name;
  void (*make)(bell *);
  void (*ring)(bell *);
  /* Returns after a ring that no earlier wait returned for. */
  void (*wait)(bell *);
} bell_kind;

extern const bell_kind bell_kinds[];
extern const int bell_kind_count;

#endif
