#include "walras/data/journal_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "walras/core/error.hpp"

namespace walras::data {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* what) {
    const int code = errno;
    throw DataError(fmt::format("{}: cannot {}: {}; check the path, its permissions and the space left", path.string(),
                                what, std::strerror(code)));
}

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) { fail(path, "open the file"); }
    std::string out;
    struct stat facts{};
    if (::fstat(file, &facts) == 0 && facts.st_size > 0) { out.reserve(static_cast<std::size_t>(facts.st_size) + 1); }
    constexpr std::size_t chunk = std::size_t{1} << 20;
    for (;;) {
        const std::size_t used = out.size();
        out.resize(used + chunk);
        const ssize_t got = ::read(file, out.data() + used, chunk);
        out.resize(used + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got == 0) { break; }
        if (got < 0 && errno != EINTR) {
            const int code = errno;
            ::close(file);
            errno = code;
            fail(path, "read the file");
        }
    }
    ::close(file);
    return out;
}

JournalWriter::JournalWriter(std::filesystem::path path, std::string_view metadata) : path_(std::move(path)) {
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file_ < 0) { fail(path_, "create the journal"); }
    buffer_.reserve(flush_size + 4096);
    encoder_.begin(metadata, buffer_);
}

JournalWriter JournalWriter::resume(std::filesystem::path path) {
    const std::string bytes = read_file(path);
    codec::JournalDecoder decoder(bytes_of(bytes));
    model::Event event;
    codec::JournalSide side{};
    while (decoder.next(event, side)) {}
    const bool has_header = decoder.offset() > 0;
    if (!has_header ||
        (decoder.fault() != codec::JournalFault::none && decoder.fault() != codec::JournalFault::truncated)) {
        throw DataError(fmt::format("{}: {}; move it away, or read what is whole with read_journal", path.string(),
                                    decoder.message()));
    }
    JournalWriter writer;
    writer.path_ = std::move(path);
    writer.file_ = ::open(writer.path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (writer.file_ < 0) { fail(writer.path_, "open the journal"); }
    const auto end = static_cast<off_t>(decoder.offset());
    if (::ftruncate(writer.file_, end) != 0 || ::lseek(writer.file_, end, SEEK_SET) != end) {
        fail(writer.path_, "cut the journal");
    }
    writer.encoder_.resume(decoder.crc());
    writer.records_ = decoder.records();
    writer.buffer_.reserve(flush_size + 4096);
    return writer;
}

JournalWriter::JournalWriter(JournalWriter&& other) noexcept
    : path_(std::move(other.path_)),
      encoder_(other.encoder_),
      buffer_(std::move(other.buffer_)),
      records_(other.records_),
      file_(std::exchange(other.file_, -1)) {}

JournalWriter::~JournalWriter() {
    if (file_ < 0) { return; }
    try {
        flush();
    } catch (const DataError&) {  // NOLINT(bugprone-empty-catch)
        // A destructor cannot report; close() does.
    }
    ::close(file_);
}

void JournalWriter::flush() {
    if (file_ < 0) {
        throw DataError(fmt::format("{}: the journal is closed; open it again with resume", path_.string()));
    }
    std::size_t done = 0;
    while (done < buffer_.size()) {
        const ssize_t wrote = ::write(file_, buffer_.data() + done, buffer_.size() - done);
        if (wrote < 0) {
            if (errno == EINTR) { continue; }
            const int code = errno;
            // Keep what is not written: a later flush continues at the right byte.
            buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(done));
            errno = code;
            fail(path_, "write the journal");
        }
        done += static_cast<std::size_t>(wrote);
    }
    buffer_.clear();
}

void JournalWriter::sync() {
    flush();
    if (::fdatasync(file_) != 0) { fail(path_, "sync the journal"); }
}

void JournalWriter::close() {
    if (file_ < 0) { return; }
    flush();
    if (::close(std::exchange(file_, -1)) != 0) { fail(path_, "close the journal"); }
}

JournalContents read_journal(const std::filesystem::path& path) {
    const std::string bytes = read_file(path);
    codec::JournalDecoder decoder(bytes_of(bytes));
    if (decoder.offset() == 0) { throw DataError(fmt::format("{}: {}", path.string(), decoder.message())); }
    JournalContents out;
    out.metadata = decoder.metadata();
    model::Event event;
    codec::JournalSide side{};
    while (decoder.next(event, side)) {
        out.events.push_back(event);
        out.sides.push_back(side);
    }
    if (decoder.fault() != codec::JournalFault::none) {
        out.fault = fmt::format("{}: {}", path.string(), decoder.message());
    }
    return out;
}

}  // namespace walras::data
