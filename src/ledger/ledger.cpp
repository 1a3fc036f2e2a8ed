#include "ledger/ledger.h"

namespace ingot {

Books& Books::operator+=(const Books& other) {
  read += other.read;
  inserted += other.inserted;
  updated += other.updated;
  unchanged += other.unchanged;
  filtered += other.filtered;
  duplicate += other.duplicate;
  rejected += other.rejected;
  deleted += other.deleted;
  return *this;
}

}  // namespace ingot
