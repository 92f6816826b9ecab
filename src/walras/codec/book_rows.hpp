// Rows of one level each, as CSV files of books have them, back to messages: rows that belong together become one
// update or one snapshot.
//
// One for each file. It holds the rows of one message.
#pragma once

#include <vector>

#include "walras/model/tick.hpp"

namespace walras::codec {

class BookRows {
public:
    void add(const model::Tick& level) { rows_.push_back(level); }
    [[nodiscard]] bool is_empty() const { return rows_.empty(); }

    // Moves the rows into `out`, the last with flag_last; a snapshot gets its `clear` first.
    void close(bool is_snapshot, std::vector<model::Tick>& out) {
        if (is_snapshot) {
            model::Tick clear = rows_.front();
            clear.delta = model::BookDelta{};
            clear.delta.action = model::BookAction::clear;
            clear.flags = model::flag_snapshot;
            out.push_back(clear);
            for (model::Tick& row : rows_) { row.flags = model::flag_snapshot; }
        }
        rows_.back().flags |= model::flag_last;
        out.insert(out.end(), rows_.begin(), rows_.end());
        rows_.clear();
    }

private:
    std::vector<model::Tick> rows_;
};

}  // namespace walras::codec
