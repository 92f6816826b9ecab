#include "walras/data/byte_source.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>

#include "walras/core/error.hpp"
#include "walras/data/tick_stream.hpp"

using namespace walras;
using namespace walras::data;

namespace {

// A folder of its own that goes away with the test.
struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("walras_byte_source_test_" + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directories(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
};

std::filesystem::path write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

std::string gzip(const std::string& bytes) {
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // NOLINT(*-const-cast)
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}
std::string zstd(const std::string& bytes) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
    return out;
}

// Numbers in decimal, one behind the other.
std::string numbers(std::size_t bytes) {
    std::string out;
    for (std::size_t i = 0; out.size() < bytes; ++i) { out += std::to_string(i * 7919) + " "; }
    return out;
}

std::string read_all(ByteSource& source, std::size_t wanted) {
    std::string out;
    for (;;) {
        const auto view = source.view(wanted);
        CHECK((view.size() >= wanted || source.is_end()));
        const std::size_t used = std::min(view.size(), wanted - wanted / 3);
        out.append(reinterpret_cast<const char*>(view.data()), used);
        source.consume(used);
        if (source.is_end() && used == view.size()) { return out; }
    }
}

// Without an allocation of its own, which a sanitizer would keep.
std::size_t resident_pages() {
    const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    char text[128]{};
    const ssize_t size = ::read(file, text, sizeof text - 1);
    ::close(file);
    return size > 0 ? std::strtoul(std::strchr(text, ' '), nullptr, 10) : 0;
}

}  // namespace

TEST_CASE("bytes come as they are, from a plain file, gzip and zstd, whatever the pieces, and again after a rewind") {
    const Folder folder;
    const std::string text = numbers(9'000'000);
    const std::string half = text.substr(0, 4'000'000);
    const std::string rest = text.substr(4'000'000);
    for (const std::string& packed :
         {text, gzip(text), zstd(text), gzip(half) + gzip("") + gzip(rest), zstd(half) + zstd("") + zstd(rest)}) {
        const auto source = open_bytes(write(folder.path / "file", packed));
        CHECK(source->size() == packed.size());
        for (const std::size_t wanted : {1000UL, 70'001UL, 5'000'000UL}) {
            const bool is_equal = read_all(*source, wanted) == text;
            CHECK(is_equal);
            CHECK(source->is_end());
            CHECK(source->position() == packed.size());
            source->rewind();
        }
    }
}

TEST_CASE("a packed file that ends early or is damaged is a DataError that says so") {
    const Folder folder;
    const std::string text = numbers(500'000);
    for (const bool is_gzip : {true, false}) {
        const std::string packed = is_gzip ? gzip(text) : zstd(text);
        const auto cut = open_bytes(write(folder.path / "cut", packed.substr(0, packed.size() / 2)));
        CHECK_THROWS_WITH_AS(read_all(*cut, 4096), doctest::Contains("stream ends early: the file is truncated"),
                             DataError);
        std::string broken = packed;
        for (std::size_t i = broken.size() / 2; i < broken.size() / 2 + 40; ++i) { broken[i] = '\xff'; }
        const auto damaged = open_bytes(write(folder.path / "damaged", broken));
        CHECK_THROWS_WITH_AS(read_all(*damaged, 4096), doctest::Contains("stream is damaged before byte"), DataError);
        const auto trailed = open_bytes(write(folder.path / "trailed", packed + "garbage"));
        CHECK_THROWS_WITH_AS(read_all(*trailed, 4096), doctest::Contains("damaged"), DataError);
    }
    CHECK_THROWS_WITH_AS(open_bytes(folder.path / "none"), doctest::Contains("none: cannot open the file"), DataError);
    CHECK_THROWS_WITH_AS(open_bytes(folder.path), doctest::Contains("not a regular file"), DataError);
    CHECK(open_bytes(write(folder.path / "empty", ""))->view(10).empty());
}

TEST_CASE("ten times the input needs no more memory") {
    const Folder folder;
    // Bare ITCH: 36 bytes an order.
    const auto orders = [](std::size_t count) {
        std::string out;
        out.reserve(count * 36);
        for (std::size_t i = 0; i < count; ++i) {
            std::string m = i % 2 == 0 ? "A" : "D";
            const std::uint64_t id = 1 + i / 2;
            m += std::string("\0\1\0\0", 4);
            for (int b = 5; b >= 0; --b) { m += static_cast<char>(i >> (8 * b)); }
            for (int b = 7; b >= 0; --b) { m += static_cast<char>(id >> (8 * b)); }
            if (i % 2 == 0) { m += std::string("B\0\0\0\144ABC     \0\1\206\240", 17); }
            out += m;
        }
        return out;
    };
    const std::string short_text = orders(200'000);
    const std::string long_text = orders(2'000'000);
    const std::vector<std::function<std::string(const std::string&)>> packers{[](const std::string& s) { return s; },
                                                                              gzip, zstd};
    for (const auto& pack : packers) {
        const auto short_path = write(folder.path / "short.itch", pack(short_text));
        const auto long_path = write(folder.path / "long.itch", pack(long_text));
        // The most that was resident while reading, above what was before.
        const auto growth = [](const std::filesystem::path& path, std::size_t expected) {
            const auto stream = open_ticks(path, "itch", {});
            const std::size_t before = resident_pages();
            std::size_t most = before;
            std::size_t ticks = 0;
            for (auto chunk = stream->next(); !chunk.empty(); chunk = stream->next()) {
                ticks += chunk.size();
                most = std::max(most, resident_pages());
            }
            CHECK(ticks == expected);
            return most - before;
        };
        growth(short_path, 200'000);  // warm
        const std::size_t small = growth(short_path, 200'000);
        const std::size_t large = growth(long_path, 2'000'000);
        CAPTURE(small);
        CAPTURE(large);
        CHECK(large <= small + 512);  // 2 MiB, where the longer input has 50 MiB more
    }
}
