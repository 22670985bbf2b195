export default {
  fetch() {
    return fetch("http://api.example.com/data");
  },
};
