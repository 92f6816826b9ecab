// Bytes of a checkpoint: plain values and arrays of them, one behind the other, in the byte order of the machine.
// Reading is bounded: what is not there, or longer than what is left, throws DataError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "walras/core/error.hpp"

namespace walras::core {

class ArchiveWriter {
public:
    template <class T>
        requires std::is_trivially_copyable_v<T>
    void value(const T& x) {
        append(&x, sizeof x);
    }
    template <class T, class Allocator>
        requires std::is_trivially_copyable_v<T>
    void array(const std::vector<T, Allocator>& xs) {
        value(static_cast<std::uint64_t>(xs.size()));
        append(xs.data(), xs.size() * sizeof(T));
    }
    void text(const std::string& s) {
        value(static_cast<std::uint64_t>(s.size()));
        append(s.data(), s.size());
    }
    void bytes(std::span<const std::byte> b) {
        value(static_cast<std::uint64_t>(b.size()));
        append(b.data(), b.size());
    }
    [[nodiscard]] std::span<const std::byte> data() const { return data_; }
    std::vector<std::byte> take() { return std::move(data_); }

private:
    void append(const void* from, std::size_t size) {
        const auto* first = static_cast<const std::byte*>(from);
        data_.insert(data_.end(), first, first + size);
    }
    std::vector<std::byte> data_;
};

class ArchiveReader {
public:
    explicit ArchiveReader(std::span<const std::byte> data) : data_(data) {}

    template <class T>
        requires std::is_trivially_copyable_v<T>
    void value(T& x) {
        take(&x, sizeof x);
    }
    template <class T>
        requires std::is_trivially_copyable_v<T>
    T value() {
        T x{};
        take(&x, sizeof x);
        return x;
    }
    template <class T, class Allocator>
        requires std::is_trivially_copyable_v<T>
    void array(std::vector<T, Allocator>& xs) {
        xs.resize(length(sizeof(T)));
        take(xs.data(), xs.size() * sizeof(T));
    }
    std::string text() {
        std::string s(length(1), '\0');
        take(s.data(), s.size());
        return s;
    }
    std::vector<std::byte> bytes() {
        std::vector<std::byte> b(length(1));
        take(b.data(), b.size());
        return b;
    }
    [[nodiscard]] std::size_t left() const { return data_.size(); }

private:
    std::size_t length(std::size_t each) {
        const auto n = value<std::uint64_t>();
        if (n > data_.size() / each) { fail(); }
        return static_cast<std::size_t>(n);
    }
    void take(void* to, std::size_t size) {
        if (size > data_.size()) { fail(); }
        if (size > 0) { std::memcpy(to, data_.data(), size); }
        data_ = data_.subspan(size);
    }
    [[noreturn]] static void fail() {
        throw DataError("This checkpoint ends too early or is damaged; make a new one.");
    }
    std::span<const std::byte> data_;
};

}  // namespace walras::core
