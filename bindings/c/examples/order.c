#include <hmsffi/hmsffi.h>
#include <inttypes.h>
#include <stdio.h>

/* {"item": "tea", "count": 3}: a step that fails makes hms_writer_finish fail, so one check is enough. */
static hms_status_t write_order(hms_buffer_t *out, hms_error_t *error) {
    hms_writer_t writer;
    hms_status_t status = hms_writer_new(&writer, error);
    if (status) return status;
    hms_writer_begin_map(writer, 2, NULL);
    hms_writer_key(writer, HMS_STR("item"), NULL);
    hms_writer_text(writer, HMS_STR("tea"), NULL);
    hms_writer_key(writer, HMS_STR("count"), NULL);
    hms_writer_int(writer, 3, NULL);
    hms_writer_end_map(writer, NULL);
    status = hms_writer_finish(writer, out, error);
    hms_writer_close(writer, NULL);
    return status;
}

static hms_status_t read_order(hms_bytes_t order, hms_error_t *error) {
    hms_reader_t reader;
    size_t pairs;
    uint32_t found;
    int64_t count = 0;
    hms_status_t status = hms_reader_new(order, &reader, error);
    if (status) return status;
    status = hms_reader_enter_map(reader, &pairs, error);
    if (!status) status = hms_reader_find(reader, HMS_STR("count"), &found, error);
    if (!status && found) status = hms_reader_int(reader, &count, error);
    if (!status) printf("count: %" PRId64 "\n", count);
    hms_reader_close(reader, NULL);
    return status;
}

int main(void) {
    hms_buffer_t order;
    hms_error_t error;
    if (write_order(&order, &error)) {
        hms_error_close(error);
        return 1;
    }
    hms_status_t status = read_order((hms_bytes_t){order.data, order.len}, &error);
    if (status) hms_error_close(error);
    hms_buffer_release(&order);
    return status != HMS_STATUS_OK;
}
