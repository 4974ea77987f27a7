#ifndef HMSGO_TEXTS_H
#define HMSGO_TEXTS_H

#include "shim.h"

// Takes the first text off the row, which must not be empty.
hms_str_t hmsgo_next_text(hmsgo_texts_t *texts);

// Pairs out of texts: `few` when they fit into it, else allocated. Freed with hmsgo_pairs_free.
typedef struct hmsgo_pairs_t {
	const hms_pair_t *pairs;
	size_t count;
	hms_pair_t *allocated;
	hms_pair_t few[8];
} hmsgo_pairs_t;

// 0 when there is no memory.
int hmsgo_pairs_of(hmsgo_pairs_t *out, hmsgo_texts_t texts);
void hmsgo_pairs_free(hmsgo_pairs_t *pairs);

#endif
