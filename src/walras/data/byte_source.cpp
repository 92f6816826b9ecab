#include "walras/data/byte_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "walras/core/check.hpp"
#include "walras/core/error.hpp"

namespace walras::data {
namespace {

using Bytes = std::span<const std::byte>;

// A file through a window that moves: what is behind it is unmapped, so that a long file does not fill the memory.
class MappedFile final : public ByteSource {
public:
    explicit MappedFile(std::string name) : name_(std::move(name)) {
        file_ = ::open(name_.c_str(), O_RDONLY | O_CLOEXEC);
        if (file_ < 0) { fail("open"); }
        struct stat facts{};
        if (::fstat(file_, &facts) != 0) { refuse("look at"); }
        if (!S_ISREG(facts.st_mode)) {
            ::close(file_);
            throw DataError(fmt::format("{}: not a regular file; give the path of a file of ticks", name_));
        }
        size_ = static_cast<std::size_t>(facts.st_size);
        page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile() override {
        unmap();
        ::close(file_);
    }

    Bytes view(std::size_t wanted) override {
        const std::size_t end = std::min(size_, position_ + std::min(wanted, size_ - position_));
        if (position_ < begin_ || end > begin_ + length_) { map(end - position_); }
        if (length_ == 0) { return {}; }
        return {window_ + (position_ - begin_), begin_ + length_ - position_};
    }
    void consume(std::size_t bytes) override {
        WALRAS_CHECK(bytes <= size_ - position_, "more consumed than there is");
        position_ += bytes;
    }
    [[nodiscard]] bool is_end() const override { return begin_ + length_ == size_; }
    void rewind() override { position_ = 0; }
    [[nodiscard]] std::size_t position() const override { return position_; }
    [[nodiscard]] std::size_t size() const override { return size_; }
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    static constexpr std::size_t window_size = std::size_t{4} << 20;

    void map(std::size_t wanted) {
        unmap();
        begin_ = position_ / page_ * page_;
        const std::size_t length = std::min(size_ - begin_, std::max(window_size, position_ - begin_ + wanted));
        if (length == 0) { return; }
        void* at = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file_, static_cast<off_t>(begin_));
        if (at == MAP_FAILED) { fail("map"); }
        window_ = static_cast<const std::byte*>(at);
        length_ = length;
    }
    void unmap() {
        if (length_ > 0) { ::munmap(const_cast<std::byte*>(window_), length_); }  // NOLINT(*-const-cast)
        window_ = nullptr;
        length_ = 0;
    }
    [[noreturn]] void fail(const char* what) const {
        const int code = errno;
        throw DataError(fmt::format("{}: cannot {} the file: {}; check the path and its permissions", name_, what,
                                    std::strerror(code)));
    }
    [[noreturn]] void refuse(const char* what) {
        const int code = errno;
        ::close(file_);
        errno = code;
        fail(what);
    }

    std::string name_;
    const std::byte* window_ = nullptr;
    std::size_t begin_ = 0;   // of the window, in the file
    std::size_t length_ = 0;  // of the window
    std::size_t position_ = 0;
    std::size_t size_ = 0;
    std::size_t page_ = 4096;
    int file_ = -1;
};

struct Progress {
    std::size_t read = 0;
    std::size_t written = 0;
};

// One frame or member behind the other, as gzip and zstd themselves read them.
class Gzip {
public:
    static constexpr const char* name = "gzip";
    Gzip() { WALRAS_CHECK(inflateInit2(&stream_, 15 + 16) == Z_OK, "zlib starts"); }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;
    ~Gzip() { inflateEnd(&stream_); }

    void reset() {
        inflateReset(&stream_);
        is_between_ = true;
    }
    [[nodiscard]] bool is_between() const { return is_between_; }
    // Returns the fault, empty for none.
    std::string step(Bytes packed, std::span<std::byte> out, Progress& done) {
        if (is_between_ && packed.empty()) { return {}; }
        constexpr std::size_t most = std::size_t{1} << 30;
        // zlib's interface is not const-correct; it does not write here.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));  // NOLINT(*-const-cast)
        stream_.avail_in = static_cast<uInt>(std::min(packed.size(), most));
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(std::min(out.size(), most));
        const uInt given = stream_.avail_in;
        const uInt room = stream_.avail_out;
        is_between_ = false;
        const int code = inflate(&stream_, Z_NO_FLUSH);
        done = {given - stream_.avail_in, room - stream_.avail_out};
        if (code == Z_STREAM_END) {
            inflateReset(&stream_);
            is_between_ = true;
        } else if (code != Z_OK && code != Z_BUF_ERROR) {
            return stream_.msg != nullptr ? stream_.msg : "unknown cause";
        }
        return {};
    }

private:
    z_stream stream_{};
    bool is_between_ = true;
};

class Zstd {
public:
    static constexpr const char* name = "zstd";
    Zstd() {
        WALRAS_CHECK(stream_ != nullptr, "zstd starts");
        // Frames packed with --long=31 need a window of 2 GiB at most; the usual ones at most 8 MiB.
        ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, sizeof(std::size_t) == 8 ? 31 : 30);
    }
    Zstd(const Zstd&) = delete;
    Zstd& operator=(const Zstd&) = delete;
    ~Zstd() { ZSTD_freeDStream(stream_); }

    void reset() {
        ZSTD_DCtx_reset(stream_, ZSTD_reset_session_only);
        is_between_ = true;
    }
    [[nodiscard]] bool is_between() const { return is_between_; }
    std::string step(Bytes packed, std::span<std::byte> out, Progress& done) {
        if (is_between_ && packed.empty()) { return {}; }
        ZSTD_inBuffer in{packed.data(), packed.size(), 0};
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        const std::size_t code = ZSTD_decompressStream(stream_, &to, &in);
        done = {in.pos, to.pos};
        if (ZSTD_isError(code) != 0) { return ZSTD_getErrorName(code); }
        is_between_ = code == 0;
        return {};
    }

private:
    ZSTD_DStream* stream_ = ZSTD_createDStream();
    bool is_between_ = true;
};

template <class Format>
class Unpacked final : public ByteSource {
public:
    explicit Unpacked(std::unique_ptr<MappedFile> packed) : packed_(std::move(packed)), buffer_(window_size) {}

    Bytes view(std::size_t wanted) override {
        if (end_ - begin_ < wanted && !is_done_) { fill(wanted); }
        return {buffer_.data() + begin_, end_ - begin_};
    }
    void consume(std::size_t bytes) override {
        WALRAS_CHECK(bytes <= end_ - begin_, "more consumed than was seen");
        begin_ += bytes;
    }
    [[nodiscard]] bool is_end() const override { return is_done_; }
    void rewind() override {
        packed_->rewind();
        format_.reset();
        begin_ = end_ = 0;
        is_done_ = false;
    }
    [[nodiscard]] std::size_t position() const override { return packed_->position(); }
    [[nodiscard]] std::size_t size() const override { return packed_->size(); }

private:
    // Stays in the cache between unpacking and decoding.
    static constexpr std::size_t window_size = std::size_t{256} << 10;

    void fill(std::size_t wanted) {
        if (begin_ > 0) {
            std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        if (buffer_.size() < wanted) { buffer_.resize(wanted); }
        while (end_ < buffer_.size()) {
            const Bytes packed = packed_->view(1);
            Progress done;
            const std::string fault = format_.step(packed, std::span(buffer_).subspan(end_), done);
            packed_->consume(done.read);
            end_ += done.written;
            if (!fault.empty()) {
                throw DataError(fmt::format("{}: the {} stream is damaged before byte {} ({}); fetch the file again",
                                            packed_->name(), Format::name, packed_->position(), fault));
            }
            if (packed_->position() == packed_->size() && end_ < buffer_.size()) {
                if (format_.is_between()) {
                    is_done_ = true;
                    return;
                }
                if (done.read == 0 && done.written == 0) {
                    throw DataError(fmt::format("{}: the {} stream ends early: the file is truncated; fetch it again",
                                                packed_->name(), Format::name));
                }
            }
        }
    }

    std::unique_ptr<MappedFile> packed_;
    Format format_;
    std::vector<std::byte> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool is_done_ = false;
};

bool begins_with(Bytes bytes, std::initializer_list<unsigned char> magic) {
    return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin(),
                                                      [](unsigned char a, std::byte b) { return std::byte{a} == b; });
}

}  // namespace

std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path) {
    auto file = std::make_unique<MappedFile>(path.string());
    const Bytes head = file->view(4);
    if (begins_with(head, {0x1f, 0x8b})) { return std::make_unique<Unpacked<Gzip>>(std::move(file)); }
    if (begins_with(head, {0x28, 0xb5, 0x2f, 0xfd})) { return std::make_unique<Unpacked<Zstd>>(std::move(file)); }
    return file;
}

}  // namespace walras::data
