#ifndef HMSGO_CALL_H
#define HMSGO_CALL_H

#include "texts.h"

hms_call_options_t hmsgo_options_of(const hmsgo_terms_t *terms, const hmsgo_pairs_t *pairs);

// Puts how an operation ended into the room.
void hmsgo_settle(hmsgo_room_t *room, hms_status_t status, hms_error_t error, hms_metadata_t metadata, uint32_t done,
	hms_buffer_t *buffer);

#endif
