"""One box, badge, label or legend entry; no layout."""
