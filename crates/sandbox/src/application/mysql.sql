CREATE TABLE accounts (
  id BIGINT NOT NULL PRIMARY KEY,
  owner VARCHAR(60) NOT NULL,
  balance BIGINT NOT NULL,
  changed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  KEY owner (owner)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='what everybody has';;
CREATE TABLE transfers (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  token BIGINT NOT NULL,
  from_account BIGINT NOT NULL,
  to_account BIGINT NOT NULL,
  amount INT NOT NULL,
  note VARCHAR(100) CHARACTER SET latin1 NOT NULL,
  done DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  KEY token (token),
  KEY done (done)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;;
CREATE TABLE products (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  title VARCHAR(120) NOT NULL,
  price DECIMAL(9,2) NOT NULL,
  state ENUM('new','used','mended') NOT NULL DEFAULT 'new',
  details JSON DEFAULT NULL,
  fingerprint VARBINARY(32) DEFAULT NULL,
  with_tax DECIMAL(10,2) GENERATED ALWAYS AS (price * 1.19) STORED,
  PRIMARY KEY (id),
  UNIQUE KEY title (title),
  KEY state_price (state, price)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;;
CREATE TABLE orders (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer BIGINT NOT NULL,
  placed DATETIME NOT NULL,
  CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;;
CREATE TABLE order_lines (
  order_id BIGINT NOT NULL,
  line SMALLINT NOT NULL,
  product INT UNSIGNED NOT NULL,
  pieces INT NOT NULL,
  PRIMARY KEY (order_id, line),
  CONSTRAINT lines_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
  CONSTRAINT lines_product FOREIGN KEY (product) REFERENCES products (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;;
CREATE TABLE `settings "of" the house` (
  `key` VARCHAR(40) NOT NULL PRIMARY KEY,
  `value` TEXT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;;
INSERT INTO `settings "of" the house` VALUES ('greeting', 'Grüß Gott'), ('tab	key', 'line\nbreak'), ('nothing', NULL);;
CREATE TABLE visits (
  page VARCHAR(80) NOT NULL,
  seen DATETIME NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;;
INSERT INTO visits VALUES ('/', '2024-01-01 00:00:00'), ('/', '2024-01-01 00:00:00'), ('/about', '2024-01-02 00:00:00');;
CREATE VIEW rich AS SELECT id, owner FROM accounts WHERE balance > 1500;;
CREATE PROCEDURE close_order(IN which BIGINT) DELETE FROM orders WHERE id = which;;
CREATE TRIGGER new_order BEFORE INSERT ON orders FOR EACH ROW SET NEW.placed = COALESCE(NEW.placed, NOW());;
CREATE EVENT forget_visits ON SCHEDULE EVERY 1 DAY DO DELETE FROM visits WHERE seen < '2000-01-01'
