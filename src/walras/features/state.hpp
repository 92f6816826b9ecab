// Snapshots of a node: its mutable members as bytes, little endian, in the order of `visit`.
// Bytes from outside are checked: lengths must be those of a node of the same parameters, positions inside their ring.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "walras/core/error.hpp"

namespace walras::features {

class StateWriter {
public:
    template <class T>
        requires std::is_arithmetic_v<T>
    void operator()(const T& value) {
        append(&value, sizeof value);
    }
    template <class T, std::size_t N>
    void operator()(const std::array<T, N>& values) {
        for (const T& value : values) { (*this)(value); }
    }
    void operator()(const std::vector<double>& values) {
        (*this)(static_cast<std::uint64_t>(values.size()));
        append(values.data(), values.size() * sizeof(double));
    }
    void operator()(std::span<const double> values) { append(values.data(), values.size_bytes()); }
    void below(const std::size_t& value, std::size_t) { (*this)(static_cast<std::uint64_t>(value)); }

    std::vector<std::byte> bytes;

private:
    void append(const void* data, std::size_t size) {
        const auto* first = static_cast<const std::byte*>(data);
        bytes.insert(bytes.end(), first, first + size);
    }
};

class StateReader {
public:
    explicit StateReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    template <class T>
        requires std::is_arithmetic_v<T>
    void operator()(T& value) {
        if constexpr (std::is_same_v<T, bool>) {
            std::uint8_t byte = 0;
            take(&byte, 1);
            value = byte != 0;
        } else {
            take(&value, sizeof value);
        }
    }
    template <class T, std::size_t N>
    void operator()(std::array<T, N>& values) {
        for (T& value : values) { (*this)(value); }
    }
    void operator()(std::vector<double>& values) {
        std::uint64_t size = 0;
        (*this)(size);
        if (size != values.size()) { fail(); }
        take(values.data(), values.size() * sizeof(double));
    }
    void operator()(std::span<double> values) { take(values.data(), values.size_bytes()); }
    // A position or a count: must be smaller than `limit`.
    void below(std::size_t& value, std::size_t limit) {
        std::uint64_t read = 0;
        (*this)(read);
        if (read >= limit) { fail(); }
        value = static_cast<std::size_t>(read);
    }
    void end() const {
        if (!bytes_.empty()) { fail(); }
    }

private:
    static_assert(std::endian::native == std::endian::little);

    void take(void* out, std::size_t size) {
        if (bytes_.size() < size) { fail(); }
        if (size > 0) { std::memcpy(out, bytes_.data(), size); }
        bytes_ = bytes_.subspan(size);
    }
    [[noreturn]] static void fail() {
        throw DataError("This snapshot is not of an indicator with these parameters, or it is damaged.");
    }

    std::span<const std::byte> bytes_;
};

}  // namespace walras::features
