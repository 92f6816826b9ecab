// A cursor over one JSON text of a feed: keys in any order, values read where they stand, everything else skipped.
//
// It borrows the text, behind which text_padding bytes can be read, and allocates nothing. What is broken throws
// JsonFault, which the decoder turns into an error with its place.
#pragma once

#include <cstdint>
#include <string_view>

#include "walras/codec/decimal_text.hpp"

namespace walras::codec {

struct JsonFault {
    const char* what;  // "a string has no end"
};

class JsonText {
public:
    explicit JsonText(std::string_view text) : p_(text.data()), end_(text.data() + text.size()) {}

    [[nodiscard]] char peek() const { return p_ < end_ ? *p_ : '\0'; }
    // The first character of the next value.
    char next() {
        while (p_ < end_ && (*p_ == ' ' || *p_ == '\t')) { ++p_; }
        return peek();
    }
    void expect(char c, const char* what) {
        if (next() != c) { throw JsonFault{what}; }
        ++p_;
    }
    bool accept(char c) {
        if (next() != c) { return false; }
        ++p_;
        return true;
    }
    [[nodiscard]] bool is_end() { return next() == '\0' && p_ == end_; }
    [[nodiscard]] const char* at() const { return p_; }
    [[nodiscard]] const char* end() const { return end_; }
    void move_to(const char* p) { p_ = p; }

    // Calls on_key(name) for each member, which must take its value. `{` is next.
    template <class OnKey>
    void members(OnKey&& on_key) {
        expect('{', "there is no object");
        if (accept('}')) { return; }
        do {
            const std::string_view name = string();
            expect(':', "a key has no ':' behind it");
            next();
            on_key(name);
        } while (accept(','));
        expect('}', "an object has no end");
    }
    // Calls on_item() for each element, which must take it. `[` is next.
    template <class OnItem>
    void elements(OnItem&& on_item) {
        expect('[', "there is no array");
        if (accept(']')) { return; }
        do {
            next();
            on_item();
        } while (accept(','));
        expect(']', "an array has no end");
    }

    // As it is written: escapes stay.
    std::string_view string() {
        expect('"', "there is no string");
        const char* from = p_;
        while (p_ < end_ && *p_ != '"') { p_ += *p_ == '\\' ? 2 : 1; }
        if (p_ >= end_) { throw JsonFault{"a string has no end"}; }
        return {from, static_cast<std::size_t>(p_++ - from)};
    }
    // A whole number, quoted or not, below 10^19.
    std::uint64_t integer() {
        const bool quoted = accept('"');
        const char* from = p_;
        std::uint64_t out = 0;
        for (; p_ < end_ && detail::is_digit(*p_); ++p_) { out = out * 10 + static_cast<std::uint64_t>(*p_ - '0'); }
        if (p_ == from || p_ - from > 19) { throw JsonFault{"there is no whole number"}; }
        if (quoted) { expect('"', "a string has no end"); }
        return out;
    }
    bool boolean();
    void skip() { skip(0); }

private:
    void skip(int depth);

    const char* p_;
    const char* end_;
};

}  // namespace walras::codec
