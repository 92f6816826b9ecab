// Which slots of a window are occupied, with one summary bit per 64 slots, so that the next occupied slot is found by
// two or three bit scans.
//
// One thread. Invariant: a summary bit is set exactly when its word is not zero.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace walras::book {

class TickBitmap {
public:
    static constexpr std::size_t none = SIZE_MAX;

    // `size` is a multiple of 64.
    explicit TickBitmap(std::size_t size) : words_(size / 64), summary_((words_.size() + 63) / 64) {}

    void set(std::size_t i) {
        words_[i / 64] |= bit(i);
        summary_[i / 4096] |= bit(i / 64);
    }
    void reset(std::size_t i) { reset_if(i, true); }
    // Without a branch: whether a level empties is nothing that a processor can foresee.
    void reset_if(std::size_t i, bool is_gone) {
        const std::uint64_t left = words_[i / 64] &= ~(std::uint64_t{is_gone} << (i % 64));
        summary_[i / 4096] &= ~(std::uint64_t{left == 0} << (i / 64 % 64));
    }
    [[nodiscard]] bool test(std::size_t i) const { return (words_[i / 64] & bit(i)) != 0; }

    // The highest occupied slot below `end`, or `none`.
    [[nodiscard]] std::size_t last_before(std::size_t end) const {
        if (const std::uint64_t here = words_below(words_, end); here != 0) { return top(end / 64, here); }
        const std::size_t word = end / 64;
        if (const std::uint64_t near = words_below(summary_, word); near != 0) { return in_word(top(word / 64, near)); }
        for (std::size_t s = word / 64; s-- > 0;) {
            if (summary_[s] != 0) { return in_word(top(s, summary_[s])); }
        }
        return none;
    }
    [[nodiscard]] std::size_t last() const { return last_before(words_.size() * 64); }

private:
    static std::uint64_t bit(std::size_t i) { return std::uint64_t{1} << (i % 64); }
    // The bits below `end` in the word that holds `end`; nothing where `end` starts a word.
    static std::uint64_t words_below(const std::vector<std::uint64_t>& words, std::size_t end) {
        return end % 64 == 0 ? 0 : words[end / 64] & (bit(end) - 1);
    }
    static std::size_t top(std::size_t word, std::uint64_t bits) {
        return word * 64 + 63 - static_cast<std::size_t>(std::countl_zero(bits));
    }
    [[nodiscard]] std::size_t in_word(std::size_t word) const { return top(word, words_[word]); }

    std::vector<std::uint64_t> words_;
    std::vector<std::uint64_t> summary_;
};

}  // namespace walras::book
