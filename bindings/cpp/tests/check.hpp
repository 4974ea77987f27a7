#ifndef CHECK_HPP
#define CHECK_HPP

#include <hmsffi/hmsffi.hpp>

#include <cstdio>
#include <cstdlib>

// Ends the program with the place and the condition: each test program is one story.
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                               \
            std::exit(1);                                                                                              \
        }                                                                                                              \
    } while (0)

// The value of a result; an error ends the program and is shown.
template <class T> T ok(hms::expected<T> result) {
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// A private runtime with a server that runs one service, and a client.
struct World {
    explicit World(const hms::Service &service, const hms::ServerOptions &options = {})
        : runtime(ok(hms::Runtime::create("test"))), server(ok(hms::Server::create(runtime, options))),
          client(ok(hms::Client::create(runtime))) {
        ok(server.add(service));
        ok(server.start());
    }
    hms::Runtime runtime;
    hms::Server server;
    hms::Client client;
};

template <class T> hms::Code code(const hms::expected<T> &result) {
    return result ? hms::Code::ok : result.error().code();
}

#endif
