// Tick sizes that depend on the price: rows of (from this price on, this tick), as exchanges publish them.
//
// The rows begin at 0 and ascend; each `from` lies on its own tick and on that of the row before. Prices of an engine
// with a table are counted in the greatest common divisor of its ticks (`finest`). Below zero the table is mirrored. An
// empty table allows every multiple of the engine's tick size. Immutable after construction.
#pragma once

#include <cstdint>
#include <vector>

#include "walras/core/fixed.hpp"

namespace walras::book {

struct TickRow {
    Price from;  // inclusive
    Price tick;
    bool operator==(const TickRow&) const = default;
};

class TickTable {
public:
    TickTable() = default;
    // Throws ConfigError naming the row that makes no sense.
    explicit TickTable(std::vector<TickRow> rows);
    // Table of the annex to Commission Delegated Regulation (EU) 2017/588 (MiFID II, RTS 11). `liquidity_band` 1..6 is
    // the column: 1 = fewer than 10 trades a day, 6 = 9,000 and more. Throws ConfigError for any other.
    static TickTable mifid(int liquidity_band);

    [[nodiscard]] bool empty() const { return rows_.empty(); }
    [[nodiscard]] const std::vector<TickRow>& rows() const { return rows_; }
    [[nodiscard]] Price finest() const { return finest_; }
    // The tick size at a price; the empty table has none (0).
    [[nodiscard]] Price tick_at(Price price) const;
    [[nodiscard]] bool allows(Price price) const;
    // The nearest allowed price not above, or not below.
    [[nodiscard]] Price floor(Price price) const;
    [[nodiscard]] Price ceil(Price price) const;

    bool operator==(const TickTable&) const = default;

private:
    std::vector<TickRow> rows_;
    Price finest_{};
};

}  // namespace walras::book
