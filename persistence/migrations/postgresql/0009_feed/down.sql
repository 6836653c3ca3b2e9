DROP TABLE feed_state;
DROP TABLE feed_event;
DROP TABLE feed_item;
