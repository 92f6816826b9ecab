#include "walras/store/trade_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "walras/core/error.hpp"
#include "walras/store/schema.hpp"

namespace walras::store {

namespace {

// False where it does not fit.
bool to_double(std::int64_t count, std::int64_t unit, double& out) {
    std::int64_t raw = 0;
    const bool fits = !__builtin_mul_overflow(count, unit, &raw);
    out = static_cast<double>(raw) / 1e9;
    return fits;
}

}  // namespace

TradeReader::TradeReader(const std::filesystem::path& path, std::int64_t run, const Choice& choice)
    : database_(path, Database::Access::read), run_(run) {
    require_schema(database_);
    Statement symbols =
        database_.prepare("SELECT symbol, price_unit, lot_unit FROM symbols WHERE run = ?1 ORDER BY symbol");
    symbols.bind(1, run);
    while (symbols.step()) { units_.push_back({symbols.integer(1), symbols.integer(2)}); }
    Statement known = database_.prepare("SELECT count(*) FROM runs WHERE run = ?1");
    known.bind(1, run);
    if (!known.step() || known.integer(0) == 0) {
        throw DataError(
            fmt::format("{}: there is no run {}; `walras runs list` shows those that are there", path.string(), run));
    }
    batches_ = database_.prepare(
        "SELECT tick, symbol, ts, rows FROM trade_batches WHERE run = ?1 AND tick BETWEEN ?2 AND ?3 "
        "AND (?4 < 0 OR symbol = ?4) ORDER BY tick, rowid");
    batches_->bind(1, run).bind(2, choice.first_tick).bind(3, choice.last_tick);
    batches_->bind(4, choice.symbol ? std::int64_t{*choice.symbol} : -1);
}

bool TradeReader::read(std::size_t rows, TradeColumns& out) {
    if (!batches_) { return false; }
    const std::size_t enough = out.size() + rows;
    while (out.size() < enough) {
        if (!batches_->step()) {
            batches_.reset();
            return out.size() > enough - rows;
        }
        const std::int64_t symbol = batches_->integer(1);
        if (symbol < 0 || symbol >= static_cast<std::int64_t>(units_.size())) {
            throw DataError(fmt::format("{}: run {} has trades of symbol {}, which it does not name; record it again",
                                        database_.path().string(), run_, symbol));
        }
        append_rows(batches_->text(3), batches_->integer(2), batches_->integer(0), static_cast<std::uint32_t>(symbol),
                    out);
    }
    return true;
}

// [[0,8924,15,10234,3,1],[...]]
void TradeReader::append_rows(std::string_view rows, std::int64_t ts, std::int64_t tick, std::uint32_t symbol,
                              TradeColumns& out) const {
    const char* at = rows.data();
    const char* end = rows.data() + rows.size();
    const auto fail = [&] {
        throw DataError(fmt::format("{}: the trades of run {} at tick {} are damaged; record it again",
                                    database_.path().string(), run_, tick));
    };
    const auto take = [&](char wanted) {
        if (at == end || *at != wanted) { fail(); }
        ++at;
    };
    take('[');
    std::array<std::int64_t, 6> row{};
    for (;;) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            take(i == 0 ? '[' : ',');
            const auto [next, error] = std::from_chars(at, end, row[i]);
            if (error != std::errc{}) { fail(); }
            at = next;
        }
        take(']');
        double price = 0;
        double quantity = 0;
        if (!to_double(row[1], units_[symbol].price, price) || !to_double(row[2], units_[symbol].lot, quantity)) {
            fail();
        }
        out.ts.push_back(ts + row[0]);
        out.tick.push_back(tick);
        out.symbol.push_back(symbol);
        out.price.push_back(price);
        out.quantity.push_back(quantity);
        out.buyer.push_back(row[3]);
        out.seller.push_back(row[4]);
        out.side.push_back(static_cast<std::int8_t>(row[5]));
        if (at != end && *at == ']') { return; }
        take(',');
    }
}

}  // namespace walras::store
