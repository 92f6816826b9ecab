// The price levels of one side of a book, best first.
//
// Prices are *ranks*: a higher rank is a better price (bids: the tick; asks: minus the tick), so that both sides are
// the same code, and a buyer and a seller meet exactly when the sum of their ranks is not negative.
//
// Levels near the best price lie in a window indexed by rank with an occupancy bitmap; those far behind it lie in a
// small sorted overflow. The window re-centres when the best price leaves its upper part; that costs one pass over the
// levels and happens at most once per quarter window of price movement. Where dozens of levels are far it may
// grow.
//
// One thread. Invariants: every overflow rank is below the window; the best level is in the window; `best()` is cached.
// References to levels hold until the next `open` or `close`.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "walras/book/tick_bitmap.hpp"
#include "walras/core/big_memory.hpp"
#include "walras/core/error.hpp"

namespace walras::book {

using Rank = std::int64_t;
inline constexpr Rank max_rank = Rank{1} << 61;        // limit prices stay within +-max_rank ticks
inline constexpr Rank market_rank = Rank{1} << 62;     // crosses every level
inline constexpr Rank no_rank = -(Rank{1} << 62) - 1;  // crosses nothing, not even a market order

template <class Level>
class PriceLadder {
public:
    // `window` is rounded up to a power of two, 64 at least. It may grow up to `widest`.
    explicit PriceLadder(std::size_t window, std::size_t widest = 0)
        : size_(std::bit_ceil(std::max<std::size_t>(window, 64))), widest_(widest), levels_(size_), occupied_(size_) {
        overflow_.reserve(64);
        moving_.reserve(size_ / 8);
    }

    [[nodiscard]] bool empty() const { return best_ == no_rank; }
    [[nodiscard]] Rank best() const { return best_; }  // no_rank when empty
    [[nodiscard]] Level& best_level() { return levels_[offset(best_)]; }
    [[nodiscard]] const Level& best_level() const { return levels_[offset(best_)]; }

    // An existing level.
    [[nodiscard]] Level& at(Rank rank) {
        const std::size_t i = offset(rank);
        return i < size_ ? levels_[i] : far_level(rank)->second;
    }
    [[nodiscard]] const Level& at(Rank rank) const { return const_cast<PriceLadder&>(*this).at(rank); }

    // The level at `rank`, or nullptr.
    [[nodiscard]] Level* find(Rank rank) {
        const std::size_t i = offset(rank);
        if (i < size_) { return occupied_.test(i) ? &levels_[i] : nullptr; }
        const auto it = far_level(rank);
        return it != overflow_.end() && it->first == rank ? &it->second : nullptr;
    }
    [[nodiscard]] const Level* find(Rank rank) const { return const_cast<PriceLadder&>(*this).find(rank); }

    // The level at `rank`, existing or as a new one; of one outside the window some other level.
    [[nodiscard]] const Level& near(Rank rank) const { return levels_[offset(rank) & (size_ - 1)]; }

    // The level at `rank`, made if there is none.
    Level& open(Rank rank) {
        std::size_t i = offset(rank);
        if (i >= size_) [[unlikely]] {
            if (!empty() && rank < base_) { return open_far(rank); }
            recentre(rank);
            i = offset(rank);
        }
        occupied_.set(i);
        best_ = std::max(best_, rank);
        return levels_[i];
    }

    // Removes an existing level.
    void close(Rank rank) {
        const std::size_t i = offset(rank);
        if (i < size_) [[likely]] { levels_[i] = Level{}; }
        close_if(rank, true);
    }
    // Removes an existing level that is as a new one, where `is_gone`.
    void close_if(Rank rank, bool is_gone) {
        const std::size_t i = offset(rank);
        if (i >= size_) [[unlikely]] {
            if (is_gone) { overflow_.erase(far_level(rank)); }
            return;
        }
        occupied_.reset_if(i, is_gone);
        if (is_gone & (rank == best_)) { find_best(i); }
    }

    void clear() {
        for (std::size_t i = occupied_.last(); i != TickBitmap::none; i = occupied_.last_before(i)) {
            occupied_.reset(i);
            levels_[i] = Level{};
        }
        overflow_.clear();
        best_ = no_rank;
    }

    // The next level behind `rank`, or no_rank.
    [[nodiscard]] Rank behind(Rank rank) const {
        if (const std::size_t i = offset(rank); i < size_) {
            if (const std::size_t next = occupied_.last_before(i); next != TickBitmap::none) { return rank_at(next); }
        }
        const auto it = far_level(rank);
        return it == overflow_.begin() ? no_rank : std::prev(it)->first;
    }

    // The levels that there are (core/archive.hpp).
    template <class Self>
    static void visit(Self& self, auto& archive) {
        if constexpr (std::is_const_v<Self>) {
            self.save(archive);
        } else {
            self.load(archive);
        }
    }

private:
    void save(auto& out) const {
        std::vector<Rank> ranks;
        for (Rank rank = best_; rank != no_rank; rank = behind(rank)) { ranks.push_back(rank); }
        out.value(size_);
        out.value(base_);
        out.value(best_);
        out.array(ranks);
        for (const Rank rank : ranks) { out.value(at(rank)); }
    }
    void load(auto& in) {
        std::vector<Rank> ranks;
        in.value(size_);
        in.value(base_);
        in.value(best_);
        in.array(ranks);
        if (!std::has_single_bit(size_) || size_ > std::max<std::size_t>({widest_, levels_.size(), 64})) {
            throw DataError("This checkpoint is of another engine: its window has another size.");
        }
        levels_.assign(size_, Level{});
        occupied_ = TickBitmap(size_);
        overflow_.clear();
        for (const Rank rank : ranks) {
            Level level{};
            in.value(level);
            if (const std::size_t i = offset(rank); i < size_) {
                levels_[i] = level;
                occupied_.set(i);
            } else {
                overflow_.emplace_back(rank, level);
            }
        }
        std::reverse(overflow_.begin(), overflow_.end());  // they came best first
    }

    static constexpr std::size_t many = 64;           // levels in the overflow make a window grow
    using Far = std::vector<std::pair<Rank, Level>>;  // ascending, so that the best is at the back

    // Unsigned, so that ranks below the window are beyond its end as well.
    [[nodiscard]] std::size_t offset(Rank rank) const {
        return static_cast<std::size_t>(static_cast<std::uint64_t>(rank) - static_cast<std::uint64_t>(base_));
    }
    [[nodiscard]] Rank rank_at(std::size_t i) const { return base_ + static_cast<Rank>(i); }

    static bool by_rank(const std::pair<Rank, Level>& a, Rank rank) { return a.first < rank; }
    [[nodiscard]] typename Far::iterator far_level(Rank rank) {
        return std::lower_bound(overflow_.begin(), overflow_.end(), rank, by_rank);
    }
    [[nodiscard]] typename Far::const_iterator far_level(Rank rank) const {
        return std::lower_bound(overflow_.begin(), overflow_.end(), rank, by_rank);
    }
    [[gnu::noinline]] Level& open_far(Rank rank) {
        auto it = far_level(rank);
        if (it != overflow_.end() && it->first == rank) { return it->second; }
        if (overflow_.size() >= many && size_ < widest_) {
            widen();
            return open(rank);
        }
        return overflow_.insert(it, {rank, Level{}})->second;
    }
    // Many levels are far: a window of twice the size.
    void widen() {
        take_all();
        size_ *= 2;
        levels_.resize(size_);
        occupied_ = TickBitmap(size_);
        place_around(best_);
    }

    // The best level, at slot `i`, is gone.
    void find_best(std::size_t i) {
        const std::size_t next = occupied_.last_before(i);
        best_ = next != TickBitmap::none ? rank_at(next) : overflow_.empty() ? no_rank : overflow_.back().first;
        // Low in the window, with levels behind it: bring those in before they are traded.
        if ((next == TickBitmap::none || next < size_ / 4) && !overflow_.empty()) [[unlikely]] { recentre(best_); }
    }

    // Puts `centre`, which no level is better than, into the middle of the window.
    [[gnu::noinline]] void recentre(Rank centre) {
        take_all();
        place_around(centre);
    }
    // Moves the levels of the window to `moving_`, best first.
    void take_all() {
        moving_.clear();
        for (std::size_t i = occupied_.last(); i != TickBitmap::none; i = occupied_.last_before(i)) {
            moving_.emplace_back(rank_at(i), levels_[i]);
            levels_[i] = Level{};
            occupied_.reset(i);
        }
    }
    void place_around(Rank centre) {
        base_ = centre - static_cast<Rank>(size_ / 2);
        for (; !overflow_.empty() && overflow_.back().first >= base_; overflow_.pop_back()) { put(overflow_.back()); }
        // What was in the window is better than all that was far: worst first keeps the overflow sorted.
        for (auto it = moving_.rbegin(); it != moving_.rend(); ++it) {
            if (it->first >= base_) {
                put(*it);
            } else {
                overflow_.push_back(*it);
            }
        }
    }
    void put(const std::pair<Rank, Level>& level) {
        const std::size_t i = offset(level.first);
        levels_[i] = level.second;
        occupied_.set(i);
    }

    std::size_t size_;
    std::size_t widest_;
    Rank base_ = 0;
    Rank best_ = no_rank;
    core::BigVector<Level> levels_;  // as new ones where not occupied_
    TickBitmap occupied_;
    Far overflow_;
    Far moving_;  // scratch of recentre
};

}  // namespace walras::book
