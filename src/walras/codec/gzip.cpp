#include "walras/codec/gzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>

#include "walras/core/error.hpp"

namespace walras::codec {

bool is_gzip(std::string_view bytes) { return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b'; }

std::string gunzip(std::string_view bytes, std::string_view source, std::size_t max_bytes) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) { throw DataError(fmt::format("{}: zlib cannot start", source)); }
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
    constexpr std::size_t chunk = std::size_t{1} << 20;
    std::string out;
    std::size_t used = 0;    // of out
    std::size_t offset = 0;  // of bytes, handed to zlib
    stream.avail_in = 0;
    for (;;) {
        if (stream.avail_in == 0 && offset < bytes.size()) {
            const std::size_t take = std::min(bytes.size() - offset, chunk);
            // zlib's interface is not const-correct; it does not write here.
            stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + offset));
            stream.avail_in = static_cast<uInt>(take);
            offset += take;
        }
        if (used == out.size()) {
            if (used >= max_bytes) {
                throw DataError(fmt::format("{}: more than {} bytes unpacked; unpack the file by hand if it is meant",
                                            source, max_bytes));
            }
            out.resize(std::min(max_bytes, std::max(out.size() * 2, std::min(bytes.size() * 4, chunk) + 64)));
        }
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
        const std::size_t room = std::min(out.size() - used, chunk);
        stream.avail_out = static_cast<uInt>(room);
        const int code = inflate(&stream, Z_NO_FLUSH);
        used += room - stream.avail_out;
        if (code == Z_STREAM_END) {
            if (stream.avail_in == 0 && offset == bytes.size()) { break; }
            if (inflateReset(&stream) != Z_OK) { throw DataError(fmt::format("{}: zlib cannot go on", source)); }
            continue;
        }
        if (code != Z_OK && code != Z_BUF_ERROR) {
            throw DataError(fmt::format("{}: the gzip stream is damaged ({}); fetch the file again", source,
                                        stream.msg != nullptr ? stream.msg : "unknown cause"));
        }
        if (stream.avail_in == 0 && offset == bytes.size() && stream.avail_out != 0) {
            throw DataError(
                fmt::format("{}: the gzip stream ends early: the file is truncated; fetch it again", source));
        }
    }
    out.resize(used);
    return out;
}

}  // namespace walras::codec
