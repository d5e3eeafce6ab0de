SELECT 'block_size', current_setting('block_size')
