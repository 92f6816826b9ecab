// The bytes of a file, piece by piece, in bounded memory: mapped as they are, or unpacked on the way (gzip, zstd; known
// by their first bytes). What is larger than memory streams through a window.
//
// One thread. Throws DataError naming the file: missing, truncated, damaged.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace walras::data {

class ByteSource {
public:
    ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;
    virtual ~ByteSource() = default;

    // At least `wanted` bytes from where we are, more if there are more at hand, fewer only at the end. Valid until
    // the next call of anything.
    virtual std::span<const std::byte> view(std::size_t wanted) = 0;
    virtual void consume(std::size_t bytes) = 0;
    // Nothing lies behind the last view.
    [[nodiscard]] virtual bool is_end() const = 0;
    virtual void rewind() = 0;
    // Packed bytes read and in all, for progress.
    [[nodiscard]] virtual std::size_t position() const = 0;
    [[nodiscard]] virtual std::size_t size() const = 0;
};

std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path);

}  // namespace walras::data
