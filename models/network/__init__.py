"""Who helps whom: whether help between the people of a house goes both ways."""
