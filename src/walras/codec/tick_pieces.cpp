#include "walras/codec/tick_pieces.hpp"

#include <algorithm>

namespace walras::codec {

std::vector<model::Tick> decode_all(TickDecoder& decoder, std::span<const std::byte> bytes, std::size_t piece) {
    std::vector<model::Tick> all;
    std::vector<model::Tick> some;
    std::size_t begin = 0;
    std::size_t end = 0;
    while (begin < bytes.size()) {
        end = piece == 0 ? bytes.size() : std::min(bytes.size(), end + piece);
        for (;;) {
            some.clear();
            const std::size_t used = decoder.decode(bytes.subspan(begin, end - begin), end == bytes.size(), some);
            all.insert(all.end(), some.begin(), some.end());
            begin += used;
            if (used == 0 || begin == end) { break; }
        }
        if (end == bytes.size() && begin < end) { break; }  // a decoder that stops before the end
    }
    return all;
}

std::vector<model::Tick> decode_all(TickDecoder& decoder, std::string_view text, std::size_t piece) {
    return decode_all(decoder, std::as_bytes(std::span(text.data(), text.size())), piece);
}

}  // namespace walras::codec
