// Writes the equity curve while a run goes on: a row is five stores into columns that have their length already.
// Internal; one run owns a curve, `finish` cuts the columns to what was written.
#pragma once

#include <algorithm>

#include "walras/backtest/backtest.hpp"

namespace walras::backtest {

class EquityCurve {
public:
    EquityCurve(Equity& columns, std::size_t expected_rows) : columns_(columns) { resize(expected_rows); }

    // The index of this time's row: a new one, or the last one where its time comes back (a fill at the close on which
    // it was decided).
    std::size_t row(TimeNs ts) {
        if (rows_ == 0 || columns_.ts[rows_ - 1] != ts.ns) {
            if (rows_ == columns_.ts.size()) [[unlikely]] { resize(std::max<std::size_t>(2 * rows_, 1024)); }
            columns_.ts[rows_++] = ts.ns;
        }
        return rows_ - 1;
    }

    void finish() { resize(rows_); }

private:
    void resize(std::size_t rows) {
        columns_.ts.resize(rows);
        for (auto* column : {&columns_.equity, &columns_.cash, &columns_.gross_exposure, &columns_.benchmark}) {
            column->resize(rows);
        }
    }

    Equity& columns_;
    std::size_t rows_ = 0;
};

}  // namespace walras::backtest
